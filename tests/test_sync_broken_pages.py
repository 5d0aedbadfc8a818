"""A page that is no JSON though it came with 200: what can be read of it is, the rest is told."""

import msgspec
import pytest

from integrations.models import FeedCursor
from tests.simulated_sync import Desk


@pytest.mark.parametrize("paging", ["cursor", "number"])
@pytest.mark.parametrize("page", [1, 2])
def test_one_row_that_breaks_its_page_takes_no_other_along(
    desk: Desk, page: int, paging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_by(monkeypatch, desk, paging)
    _, source_id, _ = desk.issue_on_page(page, skip=3)
    desk.strike("broken_row", nth=1, id=int(source_id))

    run = desk.sync()

    assert desk.differences(history=False) == {"issues lost": [source_id]}
    assert (run.state, run.as_of) == ("incomplete", None)
    assert any("even when fetched singly" in gap for gap in run.gaps)
    assert (desk.integration.status, desk.integration.status_reason) == ("degraded", "incomplete")


def page_by(monkeypatch: pytest.MonkeyPatch, desk: Desk, paging: str) -> None:
    github = desk.server.github
    monkeypatch.setattr(github, "options", msgspec.structs.replace(github.options, paging=paging))
    github.repository(desk.repository).version += 1


def test_it_stays_incomplete_until_a_census_has_brought_the_row(desk: Desk) -> None:
    desk.strike("broken_row", nth=1, id=int(desk.issue_on_page(2)[1]))
    desk.sync()
    desk.changes.touch(desk.issue_on_page(1)[2])

    idle = desk.recover()
    census = desk.recover("census")
    after = desk.sync()

    assert [run.state for run in (idle, census, after)] == ["incomplete", "succeeded", "succeeded"]
    assert census.as_of is not None
    assert desk.integration.status == "healthy"
    assert desk.differences() == {}


@pytest.mark.parametrize("feed", ["comments", "events"])
def test_lost_history_is_read_again_by_the_next_census(desk: Desk, feed: str) -> None:
    repository = desk.server.github.repository(desk.repository)
    rows = repository.comments_of if feed == "comments" else repository.events_of
    row = next(
        found[0] for n in range(100, 200) if not repository.is_pull(n) and (found := rows(n))
    )
    desk.strike("broken_row", path=f"/issues/{feed}", nth=1, id=row.id)

    run = desk.sync()
    lost = list(desk.differences())
    after = desk.recover("census")

    assert (run.state, len(lost)) == ("incomplete", 1)
    assert after.state == "succeeded"
    assert desk.differences() == {}
    assert not FeedCursor.objects.exclude(missed="").exists()


def test_page_that_is_broken_once_is_read_again(desk: Desk) -> None:
    desk.strike("html", times=1)

    run = desk.sync()

    assert (run.state, run.gaps) == ("succeeded", [])
    assert desk.differences() == {}


def test_tracker_that_sends_nothing_but_broken_pages_fails_the_run(desk: Desk) -> None:
    desk.strike("html")

    run = desk.sync()

    assert (run.state, run.error_kind) == ("failed", "response")
    assert len(desk.requests()) < 20
