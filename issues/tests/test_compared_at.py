"""Comparison time recorded at the end of a census."""

from integrations.lifecycle.staleness import compared_at
from integrations.models import FeedCursor, Integration
from issues.sync import feed_cursor


def test_finished_census_records_the_comparison_time(tracker, sync, integration):
    for _ in range(25):
        tracker.create()
    sync()
    before = compared_at(integration)

    run = sync(kind="census")

    began = FeedCursor.objects.get(feed="census").pass_started_at
    assert (before, run.state) == (None, "succeeded")
    assert compared_at(Integration.objects.get()) == began is not None


def test_unfinished_census_records_no_comparison_time(tracker, sync):
    tracker.create()
    sync()
    tracker.missing_feeds.add("census")

    run = sync(kind="census")

    assert (run.state, compared_at(Integration.objects.get())) == ("failed", None)


def test_census_does_not_change_the_history_horizon(tracker, sync, integration):
    tracker.create()
    sync(kind="census")
    FeedCursor.objects.exclude(feed="census").update(horizon=None)

    assert compared_at(Integration.objects.get()) is not None
    assert feed_cursor.history_read_through(integration.pk) is None
