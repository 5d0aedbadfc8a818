from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from integrations.credentials.access import read_token
from integrations.models import ApiLog, Integration, SyncRun
from integrations.providers.contract import base
from projects.models import Project

BODY = {"token": "ghp_secret", "repository": "octo/hello"}


@pytest.fixture
def url(team) -> str:
    return f"{team.url}integrations/github/connect/"


def test_connect_checks_once_and_answers_with_the_integration(team, tracker, url):
    tracker.info = {"notes": ("Public.",), "token_expires_at": datetime(2031, 5, 12, tzinfo=UTC)}

    made = team.call("maintainer").post(url, BODY)

    assert made.status_code == 201
    assert tracker.tokens == ["ghp_secret"]
    body = made.json()
    assert (body["provider"], body["scope"], body["status"]) == ("github", "octo/hello", "healthy")
    assert (body["has_token"], body["notes"]) == (True, ["Public."])
    assert body["token_expires_at"] == "2031-05-12T00:00:00Z"
    assert body["quota"]["remaining"] == 4999
    assert "ghp_secret" not in made.content.decode()
    assert read_token(Integration.objects.get()) == "ghp_secret"


def test_first_sync_begins_by_itself(team, tracker, url):
    team.call("owner").post(url, BODY)

    integration = Integration.objects.get()
    assert integration.next_sync_at <= timezone.now()
    run = SyncRun.objects.get(integration=integration)
    assert (run.state, run.trigger, run.kind) == ("queued", "initial", "incremental")


def test_check_is_in_the_log_of_the_integration(team, tracker, url):
    team.call("owner").post(url, BODY)

    log = ApiLog.objects.get()
    assert log.integration == Integration.objects.get()
    assert (log.endpoint, log.status_code, log.success) == ("/repos/{owner}/{repo}", 200, True)


def test_repository_defaults_to_the_projects(team, tracker, url):
    Project.objects.filter(pk=team.project.pk).update(repo_identifier="octo/own")

    made = team.call("owner").post(url, {})

    assert made.status_code == 201
    assert [(scope.scope, scope.token) for scope in tracker.asked] == [("octo/own", "")]
    assert made.json()["has_token"] is False


def test_without_any_repository_it_asks_for_one(team, tracker, url):
    response = team.call("owner").post(url, {"token": "ghp_secret"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "repository"
    assert tracker.asked == []


def test_enterprise_root_is_asked_as_given(team, tracker, url):
    api_url = "https://GitHub.Example.com/api/v3/"

    team.call("owner").post(url, BODY | {"api_url": api_url})

    assert tracker.asked[0].base_url == "https://github.example.com/api/v3"


@pytest.mark.parametrize("name", ["viewer", "outsider"])
def test_only_who_may_write_connects(team, tracker, url, name):
    refused = team.call(name).post(url, BODY)

    assert refused.status_code == {"viewer": 403, "outsider": 404}[name]
    assert tracker.asked == []
    assert team.call("maintainer").post(url, BODY).status_code == 201


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (base.ProviderAuthError("Enter a new token."), (422, "auth")),
        (base.ProviderAccessDenied("It lacks issues=read."), (422, "access_denied")),
        (base.ProviderNotFound("Check its name."), (422, "not_found")),
        (base.ProviderConfigError("This address is not allowed."), (422, "config")),
        (base.ProviderResponseError("This is no GitHub."), (422, "response")),
        (base.ProviderUnavailable("It does not answer."), (503, "upstream_unavailable")),
        (
            base.ProviderRateLimited("Wait.", retry_after=timedelta(seconds=9)),
            (503, "rate_limited"),
        ),
    ],
)
def test_refusal_is_in_the_providers_words_and_nothing_is_stored(
    team, tracker, url, error, expected
):
    tracker.error = error

    refused = team.call("owner").post(url, BODY)

    assert (refused.status_code, refused.json()["code"]) == expected
    assert refused.json()["detail"] == error.message
    assert refused.get("Retry-After") == ("9" if error.retry_after else None)
    assert not Integration.objects.exists()
    assert not SyncRun.objects.exists()
    assert ApiLog.objects.get().error_kind == error.kind


@pytest.mark.parametrize(
    "body",
    [
        {"repository": "octo/.."},
        {"repository": "octo/hello?x=y"},
        {"repository": 5},
        {"token": "ghp secret"},
        {"token": "ghp\nsecret"},
        {"token": "gĥp"},
        {"token": "x" * 1001},
        {"token": {"a": 1}},
        {"api_url": "not a url"},
        {"api_url": "ftp://github.example.com"},
        {"api_url": "https://user:pass@github.example.com"},
        {"api_url": "https://github.example.com/?token=x"},
        {"api_url": "https://[::1"},
        {"api_url": "https://github.example.com:99999"},
        {"api_url": "https://"},
        {"api_url": ["https://github.example.com"]},
    ],
)
def test_broken_body_is_400_and_nothing_is_asked(team, tracker, url, body):
    refused = team.call("owner").post(url, BODY | body)

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == next(iter(body))
    assert tracker.asked == []


@pytest.mark.parametrize(
    "api_url",
    ["https://127.0.0.1/api", "https://169.254.169.254", "https://[::1]/", "https://localhost",
     "http://api.github.com", "https://2130706433/", "https://10.0.0.1:22"],
)  # fmt: skip
def test_address_that_points_inside_is_refused(team, url, api_url):
    refused = team.call("owner").post(url, BODY | {"api_url": api_url})

    assert refused.status_code == 422
    assert refused.json()["code"] == "config"
    assert not Integration.objects.exists()


def test_same_scope_twice_names_the_first(team, tracker, url):
    first = team.call("owner").post(url, BODY).json()

    second = team.call("owner").post(url, BODY)

    assert second.status_code == 409
    assert second.json()["integration"] == first["id"]
    assert Integration.objects.count() == 1


def test_same_scope_under_a_new_name_is_the_same(team, tracker, url):
    tracker.info = {"scope_id": "1"}
    team.call("owner").post(url, BODY)

    renamed = team.call("owner").post(url, BODY | {"repository": "octo/renamed"})

    assert renamed.status_code == 409


def test_same_scope_in_another_project_is_fine(team, tracker, url):
    team.call("owner").post(url, BODY)
    theirs = f"/api/projects/{team.theirs.pk}/integrations/github/connect/"

    assert team.call("outsider").post(theirs, BODY).status_code == 201


def test_no_check_while_the_tracker_said_wait(team, connect, tracker, url):
    until = timezone.now() + timedelta(minutes=10)
    throttled = connect("octo/other", token="ghp_secret")
    Integration.objects.filter(pk=throttled.pk).update(status="throttled", next_sync_at=until)

    refused = team.call("owner").post(url, BODY)
    other_token = team.call("owner").post(url, BODY | {"token": "ghp_other"})

    assert (refused.status_code, refused.json()["code"]) == (503, "rate_limited")
    assert 590 < int(refused["Retry-After"]) <= 600
    assert other_token.status_code == 201
    assert tracker.tokens == ["ghp_other"]


def test_names_that_fit_no_column_are_refused(team, tracker, url):
    tracker.info = {"scope": "x" * 301}

    refused = team.call("owner").post(url, BODY)

    assert (refused.status_code, refused.json()["code"]) == (422, "response")


def test_unknown_provider_lists_the_known(team, tracker):
    refused = team.call("owner").post(f"{team.url}integrations/gitlab/connect/", BODY)

    assert refused.status_code == 404
    assert refused.json()["known"] == ["github", "jira", "stackoverflow"]
