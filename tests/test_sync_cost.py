"""What a sync asks of the tracker: as little as what changed."""

from collections import Counter

import pytest

from integrations.models import SyncRun
from issues.sync import feed_reader
from issues.sync.feed_cursor import FeedPage
from tests.simulated_sync import TOKEN, Desk


def test_idle_repository_costs_one_conditional_request_a_feed_and_no_quota(
    still_desk: Desk,
) -> None:
    still_desk.sync()
    still_desk.server.journal.clear()
    used = still_desk.server.github.access.quota_of(TOKEN, "").used

    run = still_desk.sync()

    asked = still_desk.requests()
    assert [seen.status for seen in asked] == [304, 304, 304]
    assert len({seen.path for seen in asked}) == 3
    assert all("if-none-match" in seen.headers for seen in asked)
    assert still_desk.server.github.access.quota_of(TOKEN, "").used == used
    assert (run.requests, run.not_modified, run.pages) == (3, 3, 0)


def test_idle_repository_stays_cheap_sync_after_sync(desk: Desk) -> None:
    desk.sync()
    desk.changes.touch_some(3)
    desk.sync()
    desk.server.clock.shift(3600)
    desk.server.journal.clear()

    for _ in range(3):
        desk.sync()

    assert [seen.status for seen in desk.requests()] == [304] * 9


def test_hundred_changes_cost_two_requests_for_issues(desk: Desk) -> None:
    desk.sync()
    desk.server.journal.clear()
    desk.changes.touch_some(100)

    run = desk.sync()

    assert len([seen for seen in desk.requests() if seen.path.endswith("/issues")]) <= 2
    assert run.issues_updated + run.skipped >= 100
    assert desk.differences() == {}


class Killed(BaseException):
    """Stands for a kill: nothing after it runs."""


@pytest.mark.parametrize("feed", ["issues", "comments", "transitions"])
def test_death_after_the_last_page_costs_no_second_reading(
    still_desk: Desk, feed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After every page the notes are taken: there it dies, behind the last page of the feed."""

    def die_behind_last(_: object, page: FeedPage) -> None:
        asked = SyncRun.objects.get(integration=still_desk.integration)
        if asked.feed == feed and page.next_token is None:
            raise Killed

    with monkeypatch.context() as deadly:
        deadly.setattr(feed_reader, "_take_notes", die_behind_last)
        with pytest.raises(Killed):
            still_desk.sync()
    SyncRun.objects.update(lease_until=None, attempts=0)
    run = still_desk.sync()

    pages = Counter(f"{seen.path}?{seen.query_string}" for seen in still_desk.requests())
    assert run.state == "succeeded"
    assert sum(count - 1 for count in pages.values()) <= 1
    assert still_desk.differences() == {}
