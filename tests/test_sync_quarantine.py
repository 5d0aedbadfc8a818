"""Records that no issue can be: kept raw and counted; the page and the cursor go on."""

from typing import Any

import pytest

from integrations.models import QuarantinedRecord
from integrations.providers.github.provider import GitHub
from tests.simulated_sync import Desk

UNREADABLE = [
    ("missing_field", {"field": "id"}),
    ("missing_field", {"field": "title"}),
    ("missing_field", {"field": "state"}),
    ("null_field", {"field": "created_at"}),
    ("null_field", {"field": "state"}),
    ("unknown_enum", {}),
    ("string_id", {}),
    ("date", {"value": "0000-01-01T00:00:00Z"}),
    ("date", {"value": "-001-01-01T00:00:00Z"}),
    ("date", {"value": "0001-01-01T00:00:00+14:00"}),
    ("value", {"field": "id", "value": 2**64 - 1}),
    ("value", {"field": "number", "value": -1}),
    ("value", {"field": "user", "value": []}),
    ("value", {"field": "labels", "value": "bug"}),
    ("value", {"field": "body", "value": {"a": 1}}),
]


def state_of(desk: Desk) -> tuple[str, str, str]:
    desk.integration.refresh_from_db()
    return desk.integration.status, desk.integration.status_reason, desk.integration.status_message


@pytest.mark.parametrize(("kind", "options"), UNREADABLE, ids=str)
def test_unreadable_record_is_kept_raw_and_the_census_brings_it_in(
    still_desk: Desk, kind: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GitHub, "feeds", ("issues",))
    row, source_id, number = still_desk.issue_on_page(2)
    still_desk.strike(kind, row=row, times=1, **options)

    run = still_desk.sync()
    held = QuarantinedRecord.objects.get(integration=still_desk.integration)
    lost, state = still_desk.differences(history=False), state_of(still_desk)
    after = still_desk.recover("census")

    assert (run.state, run.as_of, run.quarantined) == ("incomplete", None, 1)
    assert state == (
        "degraded",
        "incomplete",
        "Unreadable issues in quarantine: 1.",
    )
    assert (after.state, *state_of(still_desk)) == ("succeeded", "healthy", "", "")
    assert lost == {"issues lost": [source_id]}
    assert f"/issues/{number}".encode() in bytes(held.raw)
    assert (held.feed, held.raw_size, bool(held.reason)) == ("issues", len(held.raw), True)
    assert still_desk.differences(history=False) == {}


def test_record_that_the_census_brings_in_leaves_the_quarantine(still_desk: Desk) -> None:
    row, source_id, _ = still_desk.issue_on_page(2)
    still_desk.strike("unknown_enum", row=row, times=1)
    still_desk.sync()
    assert QuarantinedRecord.objects.get().source_id == source_id

    still_desk.recover("census")

    assert not QuarantinedRecord.objects.exists()


def test_history_of_a_quarantined_issue_comes_with_it(still_desk: Desk) -> None:
    row, _, _ = still_desk.issue_on_page(2)
    still_desk.strike("unknown_enum", row=row, times=1)

    run = still_desk.sync()
    still_desk.recover("census")
    still_desk.sync()

    assert run.orphaned > 0
    assert still_desk.differences() == {}


def test_quarantined_again_is_counted_not_doubled(desk: Desk) -> None:
    row, _, number = desk.issue_on_page(2)
    desk.strike("unknown_enum", nth=1, path="page=2$", row=row)
    desk.sync()
    desk.server.faults.clear()
    desk.strike("unknown_enum", nth=1, times=1)
    desk.changes.touch(number)

    desk.sync()

    held = QuarantinedRecord.objects.get()
    assert held.seen_count == 2


@pytest.mark.parametrize("feed", ["comments", "events"])
def test_unreadable_comment_or_event_is_kept_raw(still_desk: Desk, feed: str) -> None:
    still_desk.strike("missing_field", path=f"/issues/{feed}", field="created_at", row=2, times=1)

    run = still_desk.sync()

    held = QuarantinedRecord.objects.get(integration=still_desk.integration)
    lost = {each for ids in still_desk.differences().values() for each in ids}
    assert (run.state, run.quarantined) == ("incomplete", 1)
    assert held.feed == {"comments": "comments", "events": "transitions"}[feed]
    assert lost <= {held.source_id}


def test_comments_of_pull_requests_are_nobodys(still_desk: Desk) -> None:
    run = still_desk.sync()

    assert run.orphaned == 0
    assert run.skipped > 52  # the pull requests, and what belongs to them
