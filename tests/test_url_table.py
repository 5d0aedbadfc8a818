"""Every route, every method, everybody: statuses as in the table, and no refusal changes a row."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import transaction

from accounts.sign_in import tokens
from integrations.providers import registry
from integrations.providers.contract.base import Provider, Scope, ScopeInfo
from tests.routes import list_routes
from tests.tenants import Tenant, World, make_world
from tests.url_table import ACTORS, BODIES, read_table

TABLE = read_table()
API_ROUTES = [route for route in TABLE if "*" not in route]
WORDS = ("<provider>", "<finding>", "<chart>")
"""In a path, and of no tenant."""
NESTED = [
    route
    for route in API_ROUTES
    if route.count("<") == 2 and not any(word in route for word in WORDS)
]
TENANT_APPS = ("projects", "integrations", "issues", "analytics")


def willing(kind: type[Provider]) -> type[Provider]:
    """A provider whose tracker says yes to everything."""

    def take(self, scope: Scope, http: object) -> None:
        self.scope = scope

    def check(self) -> ScopeInfo:
        return ScopeInfo(scope=self.scope.scope, scope_id="9", base_url=self.scope.base_url)

    return type(kind.__name__, (kind,), {"__init__": take, "check": check})


@pytest.fixture
def world(db, monkeypatch) -> World:
    """Made once for all calls of a test: what a call does is undone."""
    for name, kind in list(registry.PROVIDERS.items()):
        monkeypatch.setitem(registry.PROVIDERS, name, willing(kind))
    monkeypatch.setattr("monitoring.api.views.find_what_is_down", list)
    world = make_world()
    world.rows = snapshot()
    return world


def url_of(route: str, ids: dict[str, object]) -> str:
    path = route.partition(" ")[2].lstrip("/")
    return "/" + re.sub(r"<(\w+)>", lambda found: str(ids[found[1]]), path)


def body_of(route: str, world: World) -> dict[str, object]:
    body = dict(BODIES.get(route, {}))
    if body.get("refresh"):
        body["refresh"] = tokens.issue(world.people["viewer"]).refresh
    return body


def call(world: World, actor: str, route: str, ids: dict[str, object]) -> int:
    """The status; what the call did is undone. A refusal must have changed no tenant's row."""
    method = route.partition(" ")[0].lower()
    send = getattr(world.clients[actor], method)
    with transaction.atomic():
        status = send(url_of(route, ids), body_of(route, world) or None).status_code
        assert status < 400 or snapshot() == world.rows, f"{actor} was refused, but changed rows"
        transaction.set_rollback(True)
    return status


def snapshot() -> list[list[dict[str, object]]]:
    models = (model for app in TENANT_APPS for model in apps.get_app_config(app).get_models())
    return [list(model.objects.order_by("pk").values()) for model in models]


def is_classified(route: str) -> bool:
    under = [known.removesuffix("*") for known in TABLE if known.endswith("*")]
    return route in TABLE or any(route.startswith(prefix) for prefix in under)


def test_every_route_and_method_has_its_line():
    missing = [route for route in list_routes() if not is_classified(route)]

    assert not missing, f"Say in tests/url_table.py who gets what from: {', '.join(missing)}"


def test_every_line_has_its_route():
    gone = set(API_ROUTES) - set(list_routes())

    assert not gone, f"Take these out of tests/url_table.py, no such route is left: {gone}"


def test_everybody_gets_what_the_table_says(world, subtests):
    for route in API_ROUTES:
        with subtests.test(route):
            got = {actor: call(world, actor, route, world.ours.ids) for actor in ACTORS}

            assert got == TABLE[route]


def test_things_of_theirs_are_not_found_through_our_project(world, subtests):
    mixed = world.theirs.ids | {"project_id": world.ours.project.pk}
    for route in NESTED:
        with subtests.test(route):
            foreign = {call(world, actor, route, mixed) for actor in ("owner", "admin")}

            assert foreign == {404}
            assert call(world, "owner", route, world.ours.ids) < 300


def test_head_is_get(world, subtests):
    for route in (route for route in API_ROUTES if "GET api/projects" in route):
        with subtests.test(route):
            for actor in ("anonymous", "outsider", "viewer"):
                status = call(world, actor, route.replace("GET", "HEAD"), world.ours.ids)
                assert status == TABLE[route][actor]


def test_options_tells_an_outsider_nothing(world, subtests):
    for path in {route.partition(" ")[2] for route in API_ROUTES if "<project_id>" in route}:
        with subtests.test(path):
            actors = ("anonymous", "outsider", "owner")
            asked = [call(world, actor, f"OPTIONS {path}", world.ours.ids) for actor in actors]

            assert asked == [401, 404, 405]


def of_theirs(theirs: Tenant) -> Iterator[tuple[str, str, dict[str, object]]]:
    yield "get", f"syncs/?integration={theirs.ids['integration_id']}", {}
    yield "get", f"issues/?q={theirs.owner.email}", {}
    yield "post", "members/", {"user_id": theirs.owner.pk}


def test_ids_of_theirs_in_bodies_and_filters_find_nothing(world):
    client = world.clients["owner"]
    for method, path, body in of_theirs(world.theirs):
        answer = getattr(client, method)(f"/api/projects/{world.ours.project.pk}/{path}", body)
        assert answer.status_code == 404 or answer.json()["results"] == []
        assert "Secret of outsider" not in answer.content.decode()


def admin_pages() -> list[str]:
    pages = [route[4:] for route in list_routes() if route.startswith("GET admin/")]
    return [page for page in pages if "(" not in page and page != "admin/login/"]


def test_admin_asks_for_a_session_of_an_admin(world, client):
    fill = {"object_id": "1", "id": "1", "content_type_id": "1"}
    urls = [url_of(f"GET {page}", fill) for page in admin_pages()]

    for actor in ACTORS:
        assert {world.clients[actor].get(url).status_code for url in urls} == {302}
    client.force_login(world.people["owner"])
    assert {client.get(url).status_code for url in urls} == {302}


def test_admin_pages_open_for_an_admin(world, client):
    client.force_login(world.people["admin"])

    statuses = {
        page: client.get(f"/{page}").status_code for page in admin_pages() if "<" not in page
    }

    assert statuses["admin/"] == statuses["admin/projects/project/"] == 200
    assert set(statuses.values()) <= {200, 302, 400, 403, 405}
