"""One id links a request, its response and its tasks."""

from typing import Any

import pytest
from django.test import Client

from accounts.tasks import prune_sign_ins
from diip.common.observability import tracing
from diip.common.observability.context import bind, clear, context

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("given", ["abc-123.def_456", "0" * 64])
def test_well_formed_request_id_is_kept_and_returned(client: Client, given: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given})

    assert answer["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given",
    [
        "short",
        "a" * 65,
        'a"b":"cdefgh',
        "line\tbreak12",
        "ghp_PlantedPlantedPlanted0123",
        "ünïcödé12",
    ],
)
def test_any_other_request_id_is_replaced(client: Client, given: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given})

    assert len(answer["X-Request-ID"]) == 36


def test_refusals_and_unknown_paths_have_a_request_id(client: Client) -> None:
    assert client.get("/api/projects/").status_code == 401
    assert len(client.get("/api/nothing/")["X-Request-ID"]) == 36


def test_ids_are_cleared_after_a_request(client: Client) -> None:
    client.get("/api/projects/7/", headers={"X-Request-ID": "abc-123.def_456"})

    assert context() == {}


def test_ids_are_passed_to_tasks() -> None:
    headers: dict[str, Any] = {}
    clear()
    bind(request_id="r-12345678", user_id=3, project_id=7, duration_ms=5)
    tracing._receiver.receiver_before_task_publish(headers=headers, properties={})
    clear()
    task = prune_sign_ins
    task.push_request(id="t-1", parent_id="t-0", **headers)

    tracing._receiver.receiver_task_prerun("t-1", task)
    task.pop_request()

    expected = {"request_id": "r-12345678", "user_id": 3, "project_id": 7, "task_id": "t-1"}
    assert context() == {**expected, "task": task.name, "parent": "t-0"}
    clear()


def test_request_line_contains_no_query(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    client.get("/api/projects/?q=private-words")

    lines = [record for record in caplog.records if "django_structlog" in record.name]
    assert len(lines) == 1
    assert "/api/projects/" in str(lines[0].msg)
    assert "private-words" not in str([vars(record) for record in caplog.records])
