"""Every way an upstream misbehaves, over real HTTP: in the end the table is the truth.

Each test strikes the second of three pages of issues, looks at what was stored and said, ends the
fault, and compares with the simulator's own list.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import FeedCursor
from integrations.providers.github.provider import GitHub
from tests.simulated_sync import Desk, lose_patience_with_second_page

Options = dict[str, Any]


@pytest.fixture
def issues_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The faults of one feed are told apart better, and faster, without the others."""
    monkeypatch.setattr(GitHub, "feeds", ("issues",))


def mark_of(desk: Desk) -> object:
    return FeedCursor.objects.get(integration=desk.integration, feed="issues").synced_through


# --- the page never comes: the run fails, nothing is taken for the last page ----------------------

BROKEN_PAGES = [
    ("status", {"status": 500}, "unavailable"),
    ("status", {"status": 502}, "unavailable"),
    ("status", {"status": 503}, "unavailable"),
    ("status", {"status": 504}, "unavailable"),
    ("status", {"status": 422}, "response"),
    ("reset", {}, "unavailable"),
    ("cut", {}, "unavailable"),
    ("wrong_length", {"by": 50}, "unavailable"),
    ("wrong_length", {"by": -200}, "unavailable"),
    ("html", {}, "response"),
    ("empty", {}, "response"),
    ("object", {}, "response"),
    ("deep", {}, "response"),
    ("huge", {"megabytes": 21}, "response"),
    ("gzip_bomb", {"megabytes": 100}, "response"),
    ("self_next", {}, "response"),
    ("redirect", {"to": "loop"}, "response"),
    ("redirect", {"to": "ring"}, "response"),
]


@pytest.mark.parametrize(("kind", "options", "error"), BROKEN_PAGES, ids=str)
@pytest.mark.usefixtures("issues_only")
def test_broken_page_fails_the_run_and_the_next_goes_on(
    still_desk: Desk, kind: str, options: Options, error: str
) -> None:
    still_desk.strike(kind, **options)

    failed = still_desk.sync()
    kept = still_desk.tables().issues
    still_desk.server.journal.clear()
    after = still_desk.recover()

    assert (failed.state, failed.error_kind, failed.pages) == ("failed", error, 1)
    assert len(kept) == failed.issues_created > 50
    assert after.state == "succeeded"
    assert still_desk.differences(history=False) == {}
    pages = [seen for seen in still_desk.requests() if "/search/" not in seen.path]
    assert len(pages) == 3  # the second and the third page, and the short pass


@pytest.mark.parametrize("kind", ["status", "html", "empty", "self_next"])
@pytest.mark.usefixtures("issues_only")
def test_failed_run_moves_no_mark_and_says_so(still_desk: Desk, kind: str) -> None:
    still_desk.strike(kind)

    run = still_desk.sync()

    assert mark_of(still_desk) is None
    assert (run.as_of, run.local_total) == (None, None)
    assert run.error_message.endswith(".")
    assert (still_desk.integration.status, still_desk.integration.failure_count) == ("degraded", 1)
    assert still_desk.integration.next_sync_at > timezone.now()


@pytest.mark.parametrize("kind", ["hang", "drip"])
@pytest.mark.usefixtures("issues_only")
def test_answer_that_never_ends_is_given_up(
    still_desk: Desk, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_patience_with_second_page(monkeypatch)
    still_desk.strike(kind, seconds=0.05 if kind == "drip" else 60)

    failed = still_desk.sync()
    monkeypatch.undo()
    monkeypatch.setattr(GitHub, "feeds", ("issues",))
    after = still_desk.recover()

    assert (failed.state, failed.error_kind, failed.pages) == ("failed", "unavailable", 1)
    assert after.state == "succeeded"
    assert still_desk.differences(history=False) == {}


@pytest.mark.usefixtures("issues_only")
def test_first_failure_is_degraded_and_success_heals(still_desk: Desk) -> None:
    still_desk.strike("status", status=502)

    statuses = []
    for _ in range(3):
        still_desk.sync()
        statuses.append(still_desk.integration.status)
    still_desk.recover()

    assert statuses == ["degraded"] * 3
    assert (still_desk.integration.status, still_desk.integration.failure_count) == ("healthy", 0)


# --- the page comes, if oddly: the run succeeds ---------------------------------------------------

ODD_BUT_GOOD = [
    ("status", {"status": 502, "times": 2}),
    ("reset", {"times": 2}),
    ("cut", {"times": 2}),
    ("latency", {"milliseconds": 5}),
    ("clock_skew", {"seconds": 7200}),
    ("clock_skew", {"seconds": -7200}),
    ("no_date", {}),
    ("no_quota", {}),
    ("bom", {}),
    ("shuffled", {}),
    ("duplicate_page", {"times": 1}),
    ("empty_next", {"times": 1}),
    ("missing_field", {"field": "html_url"}),
]


@pytest.mark.parametrize(("kind", "options"), ODD_BUT_GOOD, ids=str)
@pytest.mark.usefixtures("issues_only")
def test_odd_page_is_stored_like_any_other(still_desk: Desk, kind: str, options: Options) -> None:
    still_desk.strike(kind, **options)

    run = still_desk.sync()

    assert (run.state, run.gaps) == ("succeeded", [])
    assert still_desk.differences(history=False) == {}
    assert run.local_total == run.issues_created == len(still_desk.truth().issues)
    assert mark_of(still_desk) <= timezone.now()


@pytest.mark.usefixtures("issues_only")
def test_what_single_sign_on_holds_back_is_a_gap_in_the_receipt(still_desk: Desk) -> None:
    still_desk.strike("sso_partial")

    run = still_desk.sync()

    assert (run.state, run.as_of) == ("incomplete", None)
    assert "single sign-on" in run.gaps[0]


# --- one record is odd: it is repaired, its neighbours are untouched ------------------------------

REPAIRS = [
    ("nul", {}, "�"),
    ("surrogate", {}, "�"),
    ("bad_utf8", {}, "�"),
    ("value", {"field": "title", "value": "x" * 65_000}, "…"),
]


@pytest.mark.parametrize(("kind", "options", "mark"), REPAIRS, ids=str)
@pytest.mark.usefixtures("issues_only")
def test_text_that_cannot_be_stored_is_repaired_and_counted(
    desk: Desk, kind: str, options: Options, mark: str
) -> None:
    row, source_id, number = desk.issue_on_page(2)
    desk.strike(kind, row=row, times=1, **options)

    run = desk.sync()
    stored = desk.tables().issues[source_id]
    odd = desk.differences(history=False)
    desk.changes.touch(number)
    desk.recover()

    assert mark in stored.title
    assert run.repaired >= 1
    assert list(odd) == ["issues different"]
    assert list(odd["issues different"]) == [source_id]
    assert desk.differences(history=False) == {}


MISREAD = [
    ("nan", {}),
    ("big_number", {}),
    ("null_field", {"field": "user"}),
    ("null_field", {"field": "assignees"}),
    ("missing_field", {"field": "labels"}),
    ("value", {"field": "comments", "value": -1}),
    ("date", {"field": "closed_at", "value": "9999-12-31T23:59:59Z"}),
    ("date", {"field": "created_at", "value": "9999-12-31T23:59:59Z"}),
    ("date", {"field": "updated_at", "value": "9999-12-31T23:59:59Z"}),
    ("date", {"field": "updated_at", "value": "2020-01-01T00:00:00"}),
]


@pytest.mark.parametrize(("kind", "options"), MISREAD, ids=str)
@pytest.mark.usefixtures("issues_only")
def test_odd_value_costs_no_record_and_is_mended_by_the_next_version(
    desk: Desk, kind: str, options: Options
) -> None:
    row, source_id, number = desk.issue_on_page(2)
    desk.strike(kind, row=row, times=1, **options)

    run = desk.sync()
    odd = desk.differences(history=False).get("issues different", {})
    desk.changes.touch(number)
    desk.recover()

    assert (run.state, run.quarantined) == ("succeeded", 0)
    assert set(odd) <= {source_id}
    assert mark_of(desk) <= timezone.now()
    assert desk.differences(history=False) == {}


@pytest.mark.usefixtures("issues_only")
def test_version_from_the_future_does_not_win_over_true_ones(desk: Desk) -> None:
    row, source_id, number = desk.issue_on_page(2)
    tonight = timezone.now() + timedelta(hours=12)
    desk.strike("date", row=row, times=1, value=tonight.strftime("%Y-%m-%dT%H:%M:%SZ"))

    run = desk.sync()
    odd = desk.differences(history=False).get("issues different", {})
    desk.changes.edit(number, title="The true one")
    desk.recover()

    assert (run.repaired, set(odd) <= {source_id}) == (1, True)
    assert desk.differences(history=False) == {}
