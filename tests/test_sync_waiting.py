"""Told to wait: nothing is asked before, and everything goes on after."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from diip.common.errors import DomainError
from integrations.lifecycle.connect import Change, change_integration, connect_scope
from integrations.models import Integration, SyncRun
from issues import services
from issues.models import Issue
from projects.models import Project
from tests.simulated_sync import TOKEN, Desk

HOUR, MINUTE = 3600, 60


# --- told to wait ---------------------------------------------------------------------------------

WAITS = [
    ("primary_limit", {"resets_in": 1800}, 1800),
    ("primary_limit", {"resets_in": 1800, "status": 429}, 1800),
    ("primary_limit", {"resets_in": -90}, 1),
    ("primary_limit", {"resets_in": 10**7}, HOUR),
    ("secondary_limit", {"retry_after": 60}, MINUTE),
    ("secondary_limit", {"retry_after": 60, "status": 429}, MINUTE),
    ("secondary_limit", {"retry_after": None}, MINUTE),
    ("secondary_limit", {"retry_after": None, "status": 429}, MINUTE),
    ("secondary_limit", {"retry_after": "http-date"}, MINUTE),
    ("secondary_limit", {"retry_after": "1000000000"}, HOUR),
    ("secondary_limit", {"retry_after": "-5"}, 1),
    ("secondary_limit", {"retry_after": "soon"}, MINUTE),
    ("status", {"status": 503, "retry_after": 7}, 7),
]


@pytest.mark.parametrize(("kind", "options", "seconds"), WAITS, ids=str)
def test_told_to_wait_it_waits_so_long_and_goes_on_where_it_was(
    still_desk: Desk, kind: str, options: dict[str, Any], seconds: int
) -> None:
    still_desk.strike(kind, **options)

    waiting = still_desk.sync()
    asked_again = still_desk.integration.next_sync_at
    still_desk.server.journal.clear()
    after = still_desk.recover()

    wait = (waiting.not_before - waiting.started_at).total_seconds()
    assert seconds - 2 <= wait <= seconds + 10
    assert (waiting.state, waiting.pages, waiting.error_kind) == ("waiting", 1, "")
    assert asked_again == waiting.not_before
    assert (after.pk, after.state) == (waiting.pk, "succeeded")
    assert still_desk.differences(history=False) == {}
    assert still_desk.requests()[0].query_string.endswith("page=2")


def test_nothing_is_asked_while_told_to_wait(still_desk: Desk) -> None:
    still_desk.strike("secondary_limit", retry_after=600)
    still_desk.sync()
    still_desk.server.faults.clear()
    still_desk.server.journal.clear()

    run = still_desk.sync()
    still_desk.sweep()

    assert still_desk.requests() == []
    assert (run.state, still_desk.integration.status) == ("waiting", "throttled")
    assert still_desk.integration.failure_count == 0


def test_all_that_spend_the_same_quota_wait(still_desk: Desk) -> None:
    other = connect_scope(
        project=Project.objects.create(name="Other"),
        actor=still_desk.owner,
        provider="github",
        given={
            "token": TOKEN,
            "repository": "octo/attic",
            "api_url": f"{still_desk.server.url}/github",
        },
    )
    still_desk.strike("primary_limit")
    still_desk.sync()
    still_desk.server.journal.clear()

    still_desk.sweep()
    with pytest.raises(DomainError, match="used up until"):
        change_integration(integration=other, actor=still_desk.owner, change=Change(token=TOKEN))

    assert still_desk.requests() == []
    assert not SyncRun.objects.filter(integration=other).exclude(state="queued").exists()


def test_share_of_the_people_is_left_to_them(still_desk: Desk) -> None:
    quota = still_desk.server.github.access.quota_of(TOKEN, "127.0.0.1")
    quota.used = int(quota.limit * 0.8) - 3

    run = still_desk.sync()

    assert run.state == "waiting"
    assert quota.remaining >= quota.limit * 0.2 - 1
    still_desk.server.github.access.forget_usage()
    assert still_desk.recover().state == "succeeded"
    assert still_desk.differences() == {}


def test_share_of_the_people_is_left_to_them_by_single_asks_too(desk: Desk) -> None:
    """Every request counts: those for one issue, its comments, its blockers."""
    desk.sync()
    for key in list(Issue.objects.values_list("key", flat=True)[:30]):
        desk.changes.delete(int(key.removeprefix("#")))
    quota = desk.server.github.access.quota_of(TOKEN, "127.0.0.1")
    quota.used = int(quota.limit * 0.8) - 20

    run = desk.sync("census")

    assert run.state == "waiting"
    assert 0 < run.issues_removed < 30
    assert quota.remaining >= quota.limit * 0.2 - 1
    desk.server.github.access.forget_usage()
    assert desk.recover("census").state == "succeeded"
    assert desk.differences() == {}


# --- the wait is over -----------------------------------------------------------------------------


def let_the_wait_pass() -> None:
    """Only the dates: the status is what the wait left behind."""
    past = timezone.now() - timedelta(seconds=1)
    Integration.objects.filter(status="throttled").update(next_sync_at=past)
    SyncRun.objects.update(not_before=past)


def test_wait_that_is_over_is_not_prolonged_by_the_sweep(still_desk: Desk) -> None:
    still_desk.strike("secondary_limit", times=1)
    run = still_desk.sync()
    let_the_wait_pass()

    begun = services.start_due_syncs()
    still_desk.advance(run)

    assert (run.state, begun) == ("succeeded", [])
    assert still_desk.differences() == {}


def test_who_waited_along_begins_when_the_wait_is_over(still_desk: Desk) -> None:
    other = connect_scope(
        project=Project.objects.create(name="Other"),
        actor=still_desk.owner,
        provider="github",
        given={
            "token": TOKEN,
            "repository": "octo/attic",
            "api_url": f"{still_desk.server.url}/github",
        },
    )
    SyncRun.objects.filter(integration=other).delete()
    still_desk.strike("secondary_limit", times=1)
    still_desk.sync()
    let_the_wait_pass()

    (run_id,) = services.start_due_syncs()
    run = SyncRun.objects.get(pk=run_id)
    still_desk.advance(run)

    assert (run.integration_id, run.state) == (other.pk, "succeeded")
