"""What should be stored and is not: said in the receipt of every run until it is made up for."""

from django.db.models import Count, Exists, OuterRef

from integrations.models import FeedCursor, QuarantinedRecord, SyncRun
from issues.models import CensusEntry
from issues.sync.page_store import note_gap

HELD = "{count} of {feed} could not be read and wait in quarantine."


def say_what_is_missing(run: SyncRun) -> str:
    """In the receipt, and in short; empty where the run stored all it should. Not counted are
    feeds that a server does not offer, and records of issues that are not upstream themselves."""
    cursors = FeedCursor.objects.filter(integration=run.integration_id).exclude(missed="")
    for missed in cursors.exclude(feed="census").values_list("missed", flat=True):
        note_gap(run, missed, stored_less=True)
    held = QuarantinedRecord.objects.filter(integration=run.integration_id).values("feed")
    for feed, count in held.annotate(n=Count("pk")).order_by("feed").values_list("feed", "n"):
        note_gap(run, HELD.format(count=count, feed=feed), stored_less=True)
    return run.missing


def is_whole(run: SyncRun) -> bool:
    """Nothing is known to be missing, while the run goes on."""
    cursors = FeedCursor.objects.filter(integration=run.integration_id).exclude(missed="")
    held = QuarantinedRecord.objects.filter(integration=run.integration_id)
    return not (run.missing or cursors.exists() or held.exists())


def let_go_what_is_no_more(run: SyncRun, *, brings_rows: bool) -> None:
    """At a census's end: what waits in quarantine and is not upstream any more.

    A record without a readable id has a digest for one: where the list has whole rows, one that is
    still there was met again.
    """
    listed = CensusEntry.objects.filter(run=run, source_issue_id=OuterRef("source_id"))
    unmet = QuarantinedRecord.objects.filter(
        ~Exists(listed),
        integration=run.integration_id,
        feed="issues",
        last_seen_at__lt=run.started_at,
    )
    if not brings_rows:
        unmet = unmet.exclude(source_id__startswith="sha256:")
    unmet.delete()
