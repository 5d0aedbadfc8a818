"""Two tenants: what is another's looks like what is not there, and moves nothing of ours."""

import re

import pytest
import time_machine
from django.db import transaction

from analytics import services
from issues.models import Issue
from tests.tenants import World, sign_in
from tests.test_url_table import API_ROUTES, NESTED, body_of, url_of, world

__all__ = ["world"]

NOWHERE = 999_999_999
SCOPED = [route for route in API_ROUTES if "<project_id>" in route]
READ = [route for route in SCOPED if route.startswith("GET ")]
MOVES = re.compile(rb'"(url|expires_at)":"[^"]*"')
"""What no two answers share."""
MOOT = {"webhook/", "connect/", "dismiss/"}
"""Undone or decided by a call before, or of a provider that is none."""


def answer_of(world: World, actor: str, route: str, ids: dict[str, object]) -> tuple[int, bytes]:
    """Status and body; what the call did is undone."""
    send = getattr(world.clients[actor], route.partition(" ")[0].lower())
    with transaction.atomic():
        answer = send(url_of(route, ids), body_of(route, world) or None)
        content = b"".join(answer) if answer.streaming else answer.content
        transaction.set_rollback(True)
    return answer.status_code, content


def not_there(ids: dict[str, object]) -> dict[str, object]:
    return {name: NOWHERE if isinstance(value, int) else value for name, value in ids.items()}


def test_a_foreign_project_looks_like_none(world, subtests):
    for route in SCOPED:
        with subtests.test(route):
            foreign = answer_of(world, "outsider", route, world.ours.ids)
            missing = answer_of(world, "outsider", route, not_there(world.ours.ids))

            assert foreign == missing
            assert foreign[0] == 404


def test_a_foreign_thing_in_our_project_looks_like_none(world, subtests):
    ours = {"project_id": world.ours.project.pk}
    for route in NESTED:
        with subtests.test(route):
            foreign = answer_of(world, "owner", route, world.theirs.ids | ours)
            missing = answer_of(world, "owner", route, not_there(world.theirs.ids) | ours)

            assert foreign == missing
            assert foreign[0] == 404


def read_all(world: World) -> dict[str, tuple[int, bytes]]:
    answers = {route: answer_of(world, "owner", route, world.ours.ids) for route in READ}
    return {route: (status, MOVES.sub(b"", body)) for route, (status, body) in answers.items()}


def do_all(world: World) -> dict[str, int]:
    """Everything that can be done to a tenant, by its own owner; removals come last."""
    writes = [route for route in SCOPED if not route.startswith("GET ")]
    client = sign_in(world.theirs.owner)
    done = {}
    for route in sorted(writes, key=lambda route: (route.startswith("DELETE"), -route.count("<"))):
        send = getattr(client, route.partition(" ")[0].lower())
        url = url_of(route, world.theirs.ids)
        done[route] = send(url, body_of(route, world) or None).status_code
    return done


def add_the_same_words(world: World) -> None:
    for number in range(30):
        issue = Issue.objects.get(pk=world.theirs.ids["issue_id"])
        issue.pk, issue.source_issue_id, issue.key = None, f"x{number}", f"#x{number}"
        issue.save(force_insert=True)
    services.aggregate(world.theirs.project.pk)


def test_nothing_that_others_do_moves_an_answer_of_ours(world):
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        world.clients["owner"] = sign_in(world.people["owner"])
        services.aggregate(world.ours.project.pk)
        before = read_all(world)

        add_the_same_words(world)
        done = do_all(world)
        after = read_all(world)

    refused = {route for route, status in done.items() if status >= 300}
    assert {route.rpartition("/<")[2].partition("/")[2] for route in refused} == MOOT
    assert {route: status for route, (status, _) in before.items() if status != 200} == {}
    assert after == before


def test_ours_does_move_them(world):
    """The test above would see it."""
    before = read_all(world)
    Issue.objects.filter(project=world.ours.project).update(title="Changed")

    assert read_all(world) != before


@pytest.mark.parametrize("query", ["q=Secret", "q=outsider"])
def test_search_stays_at_home(world, query):
    url = f"/api/projects/{world.ours.project.pk}/issues/?{query}"
    found = world.clients["owner"].get(url).json()["results"]

    assert {issue["project_id"] for issue in found} <= {world.ours.project.pk}
