"""Every kind of error through HTTP, on a separate URL map."""

import logging

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import APIView

from diip.common.database.limits import TookTooLong
from diip.common.errors import Conflict, InvalidInput, TooManyRequests, Unavailable

ERRORS = {
    "conflict": Conflict("There is one already.", extra={"run_id": 7, "status": 200}),
    "invalid": InvalidInput("Not this.", field="name"),
    "often": TooManyRequests("Later.", retry_after=30),
    "away": Unavailable("Down."),
    "http404": Http404("No Secret matches the given query."),
    "denied": PermissionDenied("secret"),
    "drf-denied": exceptions.PermissionDenied("Owners only."),
    "throttled": exceptions.Throttled(wait=12.5),
    "nested": exceptions.ValidationError({"labels": [{}, {"name": ["Too long."]}], "a": ["B."]}),
    "flat": exceptions.ValidationError("All wrong."),
    "suspicious": SuspiciousOperation("secret"),
    "database": OperationalError("could not connect to server db.internal"),
    "interface": InterfaceError("connection already closed"),
    "slow": TookTooLong("canceling statement due to secret timeout"),
    "bug": RuntimeError("secret host db.internal"),
}


class RaisingView(APIView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, request, name):
        if name == "fine":
            return Response({"fine": True})
        raise ERRORS[name]


def plain_view(request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name]


urlpatterns = [
    path("api/raise/<str:name>/", RaisingView.as_view()),
    path("api/plain/<str:name>/", plain_view),
    path("page/<str:name>/", plain_view),
]
handler500 = "diip.common.http_api.error_pages.server_error"

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(autouse=True)
def quiet(client, caplog):
    client.raise_request_exception = False
    caplog.set_level(logging.CRITICAL)


@pytest.mark.parametrize(
    ("name", "status", "detail"),
    [
        ("conflict", 409, "There is one already."),
        ("invalid", 400, "Not this."),
        ("away", 503, "Down."),
        ("http404", 404, "Nothing exists here"),
        ("denied", 403, "Ask a project member"),
        ("drf-denied", 403, "Owners only."),
        ("flat", 400, "All wrong."),
        ("suspicious", 400, "DIIP cannot read this request"),
        ("bug", 500, "The error has been logged"),
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_every_error_is_a_problem(client, debug, name, status, detail):
    with override_settings(DEBUG=debug):
        answer = client.get(f"/api/raise/{name}/")

    assert answer.status_code == answer.json()["status"] == status
    assert answer["Content-Type"] == "application/problem+json"
    assert detail in answer.json()["detail"]
    assert b"secret" not in answer.content.lower()


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("place", ["raise", "plain"])
@pytest.mark.parametrize("name", ["database", "interface"])
def test_database_down_is_503_with_retry_after(client, settings, place, name, debug):
    settings.DEBUG = debug and place == "raise"
    answer = client.get(f"/api/{place}/{name}/")

    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert b"internal" not in answer.content


def test_slow_query_is_503_without_retry_after(client):
    answer = client.get("/api/raise/slow/")
    page = client.get("/page/slow/")

    assert (answer.status_code, answer.json()["code"]) == (503, "took_too_long")
    assert "add filters" in answer.json()["detail"]
    assert "Retry-After" not in answer
    assert (page.status_code, b"add filters" in page.content) == (503, True)


def test_errors_outside_the_api_are_plain_text(client):
    for name, status in (("bug", 500), ("database", 503)):
        answer = client.get(f"/page/{name}/")
        assert answer.status_code == status
        assert answer["Content-Type"] == "text/plain"
        assert b"internal" not in answer.content


def test_fields_of_nested_values_are_named(client):
    problem = client.get("/api/raise/nested/").json()

    assert problem["errors"] == [
        {"field": "labels.1.name", "message": "Too long."},
        {"field": "a", "message": "B."},
    ]


def test_extra_members_stand_beside_the_standard_ones(client):
    problem = client.get("/api/raise/conflict/").json()

    assert problem["run_id"] == 7
    assert problem["status"] == 409


@pytest.mark.parametrize(("name", "seconds"), [("often", "30"), ("throttled", "13")])
def test_throttled_response_has_retry_after(client, name, seconds):
    answer = client.get(f"/api/raise/{name}/")

    assert answer.status_code == 429
    assert answer["Retry-After"] == seconds


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_unknown_paths_are_problems(client, settings, method, debug):
    settings.DEBUG = debug
    answer = getattr(client, method)("/api/nothing/here")

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_unknown_method_lists_the_allowed_ones(client):
    answer = client.put("/api/raise/fine/")

    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    assert client.get("/api/raise/fine/").json() == {"fine": True}


def test_answers_are_json_only(client):
    assert client.get("/api/raise/fine/", HTTP_ACCEPT="text/html").status_code == 406


@pytest.mark.parametrize("debug", [False, True])
def test_foreign_host_is_a_problem(client, settings, debug):
    settings.DEBUG = debug
    answer = client.get("/api/raise/fine/", HTTP_HOST="evil.example")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
