"""Reports contain only allowed fields, whatever the SDK collects."""

import json
from typing import Any

import pytest

from diip.common.errors import Conflict
from diip.common.observability.context import bind, clear
from diip.common.observability.error_reports import before_send, build_event
from integrations.providers.contract.base import ProviderUnavailable

PLANTED = "ghp_PlantedPlantedPlanted0123456789abcd"


def event() -> dict[str, Any]:
    frame = {"function": "work", "lineno": 3, "vars": {"plain": PLANTED, "password": "hunter22"}}
    return {
        "event_id": "e" * 32,
        "timestamp": "2026-01-01T00:00:00Z",
        "server_name": "secret-host",
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "value": f"no {PLANTED} of ann@example.com",
                    "stacktrace": {"frames": [frame]},
                }
            ]
        },
        "request": {
            "url": f"http://h/api/projects/?token={PLANTED}",
            "method": "GET",
            "query_string": "q=private-words",
            "data": {"body": PLANTED},
            "cookies": {"sessionid": "private-session"},
            "headers": {"Authorization": "private-bearer", "Accept": "application/json"},
            "env": {"REMOTE_ADDR": "9.9.9.9"},
        },
        "user": {"id": "1", "email": "ann@example.com", "ip_address": "9.9.9.9"},
        "extra": {"celery-job": {"args": [PLANTED]}, "sys.argv": ["private-argument"]},
        "breadcrumbs": {"values": [{"message": f"SELECT {PLANTED}"}]},
        "contexts": {"trace": {"trace_id": "t" * 32, "data": {"http.query": "private-words"}}},
        "something_new": {"x": "private-new"},
    }


def sent() -> dict[str, Any]:
    return dict(build_event(event(), {}))  # type: ignore[arg-type]


def test_event_contains_no_secret_or_personal_data() -> None:
    text = json.dumps(sent())

    for word in (PLANTED, "private-", "hunter22", "9.9.9.9", "ann@", "secret-host"):
        assert word not in text


def test_event_keeps_what_locates_the_fault() -> None:
    clear()
    bind(request_id="r-12345678", user_id=3, project_id=7, integration_id=9, duration_ms=5)

    found = sent()
    clear()

    assert found["tags"] == {"request_id": "r-12345678", "project_id": "7", "integration_id": "9"}
    assert found["user"] == {"id": "3"}
    assert found["request"]["url"] == "/api/projects/"
    assert found["timestamp"] == "2026-01-01T00:00:00Z"
    assert found["exception"]["values"][0]["stacktrace"]["frames"][0] == {
        "function": "work",
        "lineno": 3,
    }


@pytest.mark.parametrize("error", [Conflict("Twice."), ProviderUnavailable("It is down.")])
def test_expected_refusals_are_not_sent(error: Exception) -> None:
    hint = {"exc_info": (type(error), error, None)}

    assert before_send(event(), hint) is None  # type: ignore[arg-type]
    assert before_send(event(), {}) is not None  # type: ignore[arg-type]
