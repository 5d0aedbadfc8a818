from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from integrations.credentials.access import read_token
from integrations.models import ApiLog, Integration, SyncRun
from integrations.providers.contract import base


@pytest.fixture
def integration(connect) -> Integration:
    return connect()


@pytest.fixture
def url(team, integration) -> str:
    return f"{team.url}integrations/{integration.pk}/"


def break_with(integration: Integration, reason: str) -> None:
    Integration.objects.filter(pk=integration.pk).update(
        status="needs_attention", status_reason=reason, status_message="Why.", next_sync_at=None
    )


def test_members_read_it_without_its_token(team, integration, url):
    body = team.call("viewer").get(url).json()

    assert set(body) == {
        "id", "provider", "scope", "base_url", "web_url", "status", "status_reason",
        "status_message", "status_since", "fix", "call", "freshness", "next_sync_at",
            "last_success_at", "compared_at", "has_token",
        "account", "token_expires_at", "quota", "sync_interval_seconds", "paused", "notes",
        "created_at",
    }  # fmt: skip
    assert body["has_token"] is True


def test_list_costs_the_same_for_many(team, connect, django_assert_num_queries):
    for number in range(8):
        connect(f"octo/r{number}")

    with django_assert_num_queries(4):
        listed = team.call("viewer").get(f"{team.url}integrations/").json()

    assert listed["count"] == 8


def test_broken_integration_names_its_fix(team, integration, url):
    break_with(integration, "auth")

    body = team.call("viewer").get(url).json()

    assert (body["status"], body["status_message"]) == ("needs_attention", "Why.")
    assert "new token" in body["fix"]


def test_new_token_is_checked_and_resets_the_status(team, tracker, integration, url):
    break_with(integration, "auth")

    changed = team.call("maintainer").patch(url, {"token": "ghp_two"})

    assert changed.status_code == 200
    assert tracker.tokens == ["ghp_two"]
    assert (changed.json()["status"], changed.json()["status_reason"]) == ("healthy", "")
    stored = Integration.objects.get()
    assert read_token(stored) == "ghp_two"
    assert stored.quota_key != integration.quota_key
    assert stored.next_sync_at <= timezone.now()
    assert ApiLog.objects.filter(integration=integration).count() == 2


def test_run_that_waited_for_the_old_token_need_not(team, integration, url):
    SyncRun.objects.update(state="waiting", not_before=timezone.now() + timedelta(hours=1))

    team.call("owner").patch(url, {"token": "ghp_two"})

    assert SyncRun.objects.get().not_before <= timezone.now()


def test_refused_token_changes_nothing(team, tracker, integration, url):
    break_with(integration, "auth")
    tracker.error = base.ProviderAuthError("Enter a new one.")

    refused = team.call("owner").patch(url, {"token": "ghp_bad", "paused": True})

    assert (refused.status_code, refused.json()["code"]) == (422, "auth")
    stored = Integration.objects.get()
    assert read_token(stored) == "ghp_one"
    assert (stored.status, stored.status_reason) == ("needs_attention", "auth")


def test_token_of_another_scope_is_refused(team, tracker, integration, url):
    tracker.info = {"scope_id": "2"}

    assert team.call("owner").patch(url, {"token": "ghp_two"}).status_code == 409
    assert read_token(Integration.objects.get()) == "ghp_one"


def test_empty_token_reads_without_one(team, tracker, integration, url):
    assert team.call("owner").patch(url, {"token": ""}).json()["has_token"] is False
    assert tracker.tokens == [""]


def test_pause_calls_off_what_is_open(team, integration, url):
    SyncRun.objects.update(state="running", fencing_token=4)

    paused = team.call("maintainer").patch(url, {"paused": True}).json()

    assert (paused["status"], paused["paused"], paused["next_sync_at"]) == ("disabled", True, None)
    run = SyncRun.objects.get()
    assert (run.state, run.error_kind, run.fencing_token) == ("failed", "paused", 5)


def test_resume_makes_it_due(team, integration, url):
    team.call("owner").patch(url, {"paused": True})

    resumed = team.call("owner").patch(url, {"paused": False}).json()

    assert (resumed["status"], resumed["fix"]) == ("healthy", "")
    assert Integration.objects.get().next_sync_at <= timezone.now()


def test_resuming_what_is_not_paused_heals_nothing(team, integration, url):
    break_with(integration, "auth")

    assert team.call("owner").patch(url, {"paused": False}).json()["status"] == "needs_attention"


def test_token_entered_while_paused_leaves_it_paused(team, integration, url):
    team.call("owner").patch(url, {"paused": True})

    assert team.call("owner").patch(url, {"token": "ghp_two"}).json()["status"] == "disabled"


def test_shorter_interval_counts_from_now(team, integration, url):
    late = timezone.now() + timedelta(hours=20)
    Integration.objects.update(next_sync_at=late)

    changed = team.call("owner").patch(url, {"sync_interval_seconds": 60}).json()

    assert changed["sync_interval_seconds"] == 60
    assert Integration.objects.get().next_sync_at < timezone.now() + timedelta(seconds=61)


@pytest.mark.parametrize(
    "body",
    [
        {"sync_interval_seconds": 59},
        {"sync_interval_seconds": 86_401},
        {"sync_interval_seconds": "soon"},
        {"sync_interval_seconds": 10**30},
        {"paused": "perhaps"},
        {"token": None},
        {"token": "two words"},
    ],
)
def test_broken_change_is_400(team, tracker, integration, url, body):
    assert team.call("owner").patch(url, body).status_code == 400
    assert tracker.asked == []


def test_read_only_fields_stay(team, integration, url):
    team.call("owner").patch(url, {"scope": "octo/evil", "base_url": "http://x", "status": "x"})

    stored = Integration.objects.get()
    assert (stored.scope, stored.base_url) == ("octo/hello", "https://api.github.com")


def test_viewer_changes_nothing(team, tracker, integration, url):
    assert team.call("viewer").patch(url, {"paused": True}).status_code == 403
    assert team.call("viewer").delete(url).status_code == 403
    assert Integration.objects.get().paused is False
    assert team.call("maintainer").patch(url, {"paused": True}).status_code == 200


def test_integration_of_another_project_is_404(team, integration, url):
    through_own = f"/api/projects/{team.theirs.pk}/integrations/{integration.pk}/"

    assert team.call("outsider").get(through_own).status_code == 404
    assert team.call("outsider").patch(through_own, {"paused": True}).status_code == 404
    assert team.call("outsider").delete(through_own).status_code == 404
    assert team.call("owner").get(url).status_code == 200


def test_runs_show_progress_and_receipt(team, integration):
    SyncRun.objects.update(
        state="running",
        feed="issues",
        pages=3,
        records_seen=250,
        upstream_total=900,
        issues_created=250,
    )

    run = team.call("viewer").get(f"{team.url}syncs/").json()["results"][0]

    assert run["progress"] == {
        "feed": "issues",
        "pages": 3,
        "records_seen": 250,
        "upstream_total": 900,
    }
    assert (run["integration"], run["issues_created"]) == (integration.pk, 250)
    assert "lease_owner" not in run
    assert team.call("viewer").get(f"{team.url}syncs/{run['id']}/").json() == run


def test_runs_come_newest_first_and_by_integration(team, connect, django_assert_num_queries):
    first, second = connect("octo/a"), connect("octo/b")
    url = f"{team.url}syncs/"

    with django_assert_num_queries(3):
        listed = team.call("viewer").get(url).json()["results"]

    assert [run["integration"] for run in listed] == [second.pk, first.pk]
    only = team.call("viewer").get(f"{url}?integration={first.pk}&state=queued").json()["results"]
    assert [run["integration"] for run in only] == [first.pk]


@pytest.mark.parametrize(
    "query", ["nonsense=1", "integration=x", "integration=1e3", f"integration={10**30}", "state=x"]
)
def test_unknown_or_broken_filter_is_400(team, integration, query):
    assert team.call("viewer").get(f"{team.url}syncs/?{query}").status_code == 400


def test_runs_of_others_are_out_of_sight(team, integration):
    run = SyncRun.objects.get()
    theirs = f"/api/projects/{team.theirs.pk}/syncs/"

    assert team.call("outsider").get(f"{theirs}{run.pk}/").status_code == 404
    assert team.call("outsider").get(f"{theirs}?integration={integration.pk}").json()["count"] == 0
    assert team.call("owner").get(f"{team.url}syncs/{run.pk}/").status_code == 200


def test_expiry_comes_back_as_the_tracker_said(team, tracker, integration, url):
    tracker.info["token_expires_at"] = datetime(2031, 5, 12, tzinfo=UTC)

    changed = team.call("owner").patch(url, {"token": "ghp_two"})

    assert changed.json()["token_expires_at"] == "2031-05-12T00:00:00Z"
