"""Odd addresses, queries, methods and hosts, over every route."""

import pytest

from tests.test_attack_tenants import answer_of
from tests.test_url_table import API_ROUTES, snapshot, url_of, world
from tests.url_table import read_table

__all__ = ["world"]

TABLE = read_table()
PATHS = sorted({route.partition(" ")[2] for route in API_ROUTES if "admin/login" not in route})
LISTS = [
    "projects/<project_id>/issues/", "projects/<project_id>/people/", "projects/",
    "projects/<project_id>/members/", "projects/<project_id>/syncs/",
    "projects/<project_id>/alerts/", "projects/<project_id>/analytics/drilldown/",
    "projects/<project_id>/analytics/spikes/", "projects/<project_id>/people/matches/",
    "projects/<project_id>/issues/<issue_id>/history/",
    "projects/<project_id>/issues/<issue_id>/links/", "projects/<project_id>/integrations/",
    "projects/<project_id>/alerts/channels/", "projects/<project_id>/alerts/rules/",
    "projects/<project_id>/alerts/channels/<channel_id>/deliveries/",
    "projects/<project_id>/analytics/data-quality/<finding>/issues/",
    "projects/<project_id>/audit/",
]  # fmt: skip
RANGES = [
    f"projects/<project_id>/analytics/{name}/"
    for name in ("summary", "trends", "report", "drilldown")
]
REPEATED = ("label", "status", "author", "integration", "key")
LOOK_UPS = [
    "project__owner__password__startswith=a", "owner__password__regex=.", "_connector=OR",
    "_negated=1", "pk__in=1,2", "id__gt=0", "integration__token_ciphertext__contains=g",
    "ordering=integration__token_ciphertext", "ordering=author__email_digest", "sort=password",
    "order_by=-owner__password", "fields=owner.password", "expand=owner", "format=api",
    "$where=1", "title__search=x", "author[$ne]=x", "limit=1000000000000&offset=1000000000000",
]  # fmt: skip
SQL = [
    "' OR '1'='1", "1) OR 1=1--", "'; SELECT pg_sleep(9)--", "\" OR \"\"=\"", "1 UNION SELECT NULL",
    "%27%20OR%201%3D1", "\\' OR 1=1#", "*/ OR 1=1 /*",
]  # fmt: skip
NUMBERS = ["1" * 5000, "-1", "1e309", "0x10", "\u0661", "9" * 19, "1_000", "+1", "NaN", "1.5"]
ODD_METHODS = ["PUT", "TRACE", "X" * 200]
LEFT_OVER = [
    ".env", ".git/config", ".git/HEAD", "manage.py", "diip/settings/web.py", "var/secrets.json",
    "var/diip.sqlite3", "docker-compose.yml", "requirements.txt", "static/../manage.py",
    "static/%2e%2e/manage.py", "static/..%2fmanage.py", "static/..%5cmanage.py",
    "static//etc/passwd", "static/%2fetc%2fpasswd", "admin/../.env", "debug/", "__debug__/",
    "server-status", "phpinfo.php", "api/.env", "favicon.ico/../.env", "metrics/../.env",
]  # fmt: skip


def test_look_ups_and_orders_of_no_filter_are_refused(world, subtests):
    for path in LISTS:
        url = url_of(f"GET api/{path}", world.ours.ids)
        with subtests.test(path):
            for query in LOOK_UPS:
                answer = world.clients["owner"].get(f"{url}?{query}")

                assert answer.status_code == 400, query
                assert "password" not in answer.json()["detail"].partition("Known parameters")[2]


def test_sql_is_a_word_like_any_other(world):
    url = f"/api/projects/{world.ours.project.pk}/issues/"
    for text in SQL:
        for name in ("q", "label", "author", "assignee", "type"):
            answer = world.clients["owner"].get(url, {name: text})

            assert answer.status_code in (200, 400), (name, text)
            assert answer.status_code == 400 or answer.json()["results"] == []
        assert world.clients["owner"].get(url, {"ordering": text}).status_code == 400


def test_numbers_that_are_none_are_refused_and_pages_stay_small(world, subtests):
    for path in LISTS:
        url = url_of(f"GET api/{path}", world.ours.ids)
        with subtests.test(path):
            for number in NUMBERS:
                for name in ("page_size", "page", "cursor"):
                    answer = world.clients["owner"].get(url, {name: number})
                    assert answer.status_code in (200, 400, 404), (name, number)
            large = world.clients["owner"].get(url, {"page_size": "1000000"})
            assert large.status_code in (200, 400)
            assert len(large.json().get("results", [])) <= 200


def test_one_filter_said_a_thousand_times_is_refused(world, subtests):
    """Each value of it may be a join, or a branch of a statement."""
    for path in LISTS:
        url = url_of(f"GET api/{path}", world.ours.ids)
        with subtests.test(path):
            for name in REPEATED:
                many = world.clients["owner"].get(url, {name: [f"v{n}" for n in range(1000)]})
                assert many.status_code == 400, name


def test_ranges_without_an_end_are_refused(world, subtests):
    for path in RANGES:
        url = url_of(f"GET api/{path}", world.ours.ids)
        with subtests.test(path):
            for days in (*NUMBERS, "100000"):
                answer = world.clients["owner"].get(url, {"days": days, "metric": "opened"})
                assert answer.status_code == 400, days
            ages = {"from": "0001-01-01", "to": "9999-12-31", "metric": "opened"}
            assert world.clients["owner"].get(url, ages).status_code == 400


def test_ids_that_are_no_number_are_404(world, subtests):
    scoped = [route for route in API_ROUTES if "<project_id>" in route]
    for route in scoped:
        with subtests.test(route):
            for odd in ("0", "9" * 30, "-1", "1%00"):
                ids = dict.fromkeys(world.ours.ids, odd) | {"project_id": odd}
                status, _ = answer_of(world, "owner", route, ids)
                assert status in (400, 404), odd


def test_a_method_that_is_not_offered_changes_nothing(world, subtests):
    for path in PATHS:
        with subtests.test(path):
            offered = {
                route.partition(" ")[0] for route in API_ROUTES if route.endswith(f" {path}")
            }
            for method in {*ODD_METHODS, "PATCH", "DELETE", "POST"} - offered:
                answer = world.clients["admin"].generic(
                    method, url_of(f"GET {path}", world.ours.ids)
                )

                assert answer.status_code in (302, 403, 404, 405), method
    assert snapshot() == world.rows


def test_reading_changes_nothing(world):
    for route in (route for route in API_ROUTES if route.startswith("GET api/")):
        url = url_of(route, world.ours.ids)
        world.clients["owner"].get(url, HTTP_X_HTTP_METHOD_OVERRIDE="DELETE")
        world.clients["owner"].get(url, {"_method": "DELETE", "action": "delete"})

    assert snapshot() == world.rows


@pytest.mark.parametrize("path", LEFT_OVER)
def test_left_over_files_are_not_served(client, path):
    answer = client.get(f"/{path}")

    assert answer.status_code in (301, 302, 404)
    assert b"SECRET" not in answer.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/nothing/", "/api/nothing/", "/admin/login/"]
)
def test_pages_for_everybody_name_no_inside(client, path, settings):
    answer = client.get(path)
    told = (answer.content.decode() + str(answer.headers)).lower()

    inside = ["traceback", "django/", "python/", "gunicorn", "postgres", "redis://", "urlconf"]
    assert [word for word in inside if word in told] == []
    assert settings.SECRET_KEY.lower() not in told
    assert str(settings.VAR_DIR).lower() not in told


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": "localhost:8000@evil.example"},
        {"HTTP_HOST": "localhost evil.example"},
        {"HTTP_HOST": "localhost/evil"},
        {"HTTP_HOST": "evil.example:80:80"},
        {"HTTP_HOST": ""},
    ],
)
@pytest.mark.parametrize("path", ["/api/docs/", "/admin/login/"])
def test_foreign_hosts_are_refused(client, settings, headers, path):
    settings.ALLOWED_HOSTS = ["localhost"]

    assert client.get(path, HTTP_HOST="localhost").status_code == 200
    assert client.get(path, **headers).status_code == 400


def test_a_forwarded_host_makes_no_address(world):
    url = f"/api/projects/{world.ours.project.pk}/analytics/report/link/"
    forged = {"HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_FORWARDED": "host=evil.example"}
    forged |= {"HTTP_X_ORIGINAL_URL": "/admin/", "HTTP_X_REWRITE_URL": "/admin/"}

    link = world.clients["owner"].post(url, **forged).json()["url"]

    assert link.startswith("http://testserver/api/projects/")


@pytest.mark.parametrize(
    "path", ["/api/projects%0d%0aX-Evil:1", "//evil.example", "/%5cevil.example"]
)
def test_a_redirect_stays_here_and_on_one_line(client, path):
    answer = client.get(path)

    assert answer.status_code in (301, 302, 404)
    assert "X-Evil" not in answer
    assert not answer.get("Location", "/").startswith(("//", "/\\", "http"))
