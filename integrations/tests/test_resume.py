from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.lifecycle import health
from integrations.models import Integration, SyncRun
from integrations.providers.contract import base

HOUR = timedelta(hours=1)


@pytest.fixture
def integration(connect) -> Integration:
    made = connect()
    made.runs.update(state="succeeded")
    return made


@pytest.fixture
def url(team, integration) -> str:
    return f"{team.url}integrations/{integration.pk}/"


def test_pause_ends_with_one_click(team, integration, url):
    client = team.call("maintainer")
    client.patch(url, {"paused": True})

    body = client.post(f"{url}resume/").json()

    assert (body["status"], body["paused"], body["call"]) == ("healthy", False, None)
    assert Integration.objects.get().next_sync_at <= timezone.now()


def test_what_waited_for_a_person_is_tried_at_once_and_stays_until_it_is_well(
    team, integration, url
):
    health.record_failure(integration, base.ProviderAccessDenied("Give it issues=read."))

    body = team.call("maintainer").post(f"{url}resume/").json()

    assert (body["status"], body["status_reason"]) == ("needs_attention", "access_denied")
    assert body["call"] == {"method": "POST", "path": f"{url}resume/", "body": {}}
    assert Integration.objects.get().next_sync_at <= timezone.now()


@pytest.mark.parametrize("reason", ["auth", "token_expired", "key_unknown"])
def test_clicking_does_not_stand_in_for_a_new_token(team, integration, url, reason):
    Integration.objects.update(
        status="needs_attention", status_reason=reason, status_message="Why.", next_sync_at=None
    )

    answer = team.call("maintainer").post(f"{url}resume/")

    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("Why. ")
    assert "`token`" in answer.json()["detail"]
    assert Integration.objects.get().next_sync_at is None


@pytest.mark.parametrize(
    "column", [{"status": "throttled", "next_sync_at": HOUR}, {"quiet_until": HOUR}]
)
def test_clicking_does_not_shorten_a_wait(team, integration, url, column):
    until = timezone.now() + HOUR
    changes = {name: until if value == HOUR else value for name, value in column.items()}
    Integration.objects.update(**changes)

    answer = team.call("maintainer").post(f"{url}resume/")

    assert answer.status_code == 409
    assert f"{until:%H:%M} UTC" in answer.json()["detail"]


def test_pause_and_resume_do_not_shorten_a_wait(team, integration, url):
    until = timezone.now() + HOUR
    health.record_throttled(integration, until, None)
    client = team.call("maintainer")
    client.patch(url, {"paused": True})

    client.post(f"{url}resume/")
    client.post(f"{team.url}sync/")

    assert Integration.objects.get().next_sync_at == until
    assert SyncRun.objects.latest("pk").not_before == until


def test_pause_and_resume_do_not_bring_a_refused_token_back(team, integration, url):
    health.record_failure(integration, base.ProviderAuthError("It is refused."))
    client = team.call("maintainer")
    client.patch(url, {"paused": True})

    body = client.post(f"{url}resume/").json()

    assert (body["status"], body["status_reason"]) == ("needs_attention", "auth")
    assert Integration.objects.get().next_sync_at is None


def test_failure_is_tried_at_once(team, integration, url):
    for _ in range(3):
        health.record_failure(integration, base.ProviderUnavailable("No answer."))

    body = team.call("maintainer").post(f"{url}resume/").json()

    assert body["status"] == "degraded"
    assert Integration.objects.get().next_sync_at <= timezone.now()


# --- tokens -------------------------------------------------------------------------------------


def test_expiry_is_taken_from_a_person_where_the_tracker_does_not_tell(team, integration, url):
    ends = (timezone.now() + 9 * 24 * HOUR).replace(microsecond=0)

    body = team.call("maintainer").patch(url, {"token_expires_at": ends.isoformat()}).json()

    assert body["status_reason"] == "token_expires_soon"
    assert body["token_expires_at"] == ends.isoformat().replace("+00:00", "Z")
    assert body["call"]["method"] == "PATCH"


def test_expiry_in_the_past_is_refused(team, integration, url):
    past = (timezone.now() - HOUR).isoformat()

    answer = team.call("maintainer").patch(url, {"token_expires_at": past})

    assert answer.status_code == 400
    assert Integration.objects.get().token_expires_at is None


def test_what_the_tracker_says_of_the_expiry_wins(team, tracker, integration, url):
    told, known = timezone.now() + HOUR, timezone.now() + 48 * HOUR
    tracker.info = {"token_expires_at": known}

    team.call("maintainer").patch(url, {"token": "ghp_two", "token_expires_at": told.isoformat()})

    assert Integration.objects.get().token_expires_at == known


def test_refusal_of_an_expired_token_says_when_it_expired(integration):
    ended = timezone.now() - HOUR
    Integration.objects.update(token_expires_at=ended)
    integration.refresh_from_db()

    health.record_failure(integration, base.ProviderAuthError("It is refused."))

    stored = Integration.objects.get()
    assert stored.status_reason == "token_expired"
    assert stored.status_message.startswith(f"The token expired on {ended:%d %B %Y}")


def test_refusal_stops_all_that_show_the_same_token(connect):
    first, peer, other = connect("octo/a"), connect("octo/b"), connect("octo/c", token="ghp_two")

    health.record_failure(first, base.ProviderAuthError("It is refused."))

    states = {row.pk: row.status_reason for row in Integration.objects.all()}
    assert states == {first.pk: "auth", peer.pk: "auth", other.pk: ""}


def test_new_token_takes_the_refusal_away(team, integration, url):
    health.record_failure(integration, base.ProviderAuthError("It is refused."))

    body = team.call("maintainer").patch(url, {"token": "ghp_two"}).json()

    assert (body["status"], body["fix"], body["call"]) == ("healthy", "", None)
    assert Integration.objects.get().token_refused_at is None
