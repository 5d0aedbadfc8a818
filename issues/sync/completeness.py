"""Report of missing records, repeated in every receipt until they are stored."""

from django.db.models import Count, Exists, OuterRef

from integrations.models import FeedCursor, QuarantinedRecord, SyncRun
from issues.models import CensusEntry
from issues.sync.page_store import note_gap

QUARANTINED = "Unreadable {feed} in quarantine: {count}."


def report_missing(run: SyncRun) -> str:
    """Add missing records to the receipt; return a summary, empty if complete.

    Feeds the server does not offer and records of absent issues are not counted.
    """
    cursors = FeedCursor.objects.filter(integration=run.integration_id).exclude(missed="")
    for missed in cursors.exclude(feed="census").values_list("missed", flat=True):
        note_gap(run, missed, stored_less=True)
    held = QuarantinedRecord.objects.filter(integration=run.integration_id).values("feed")
    for feed, count in held.annotate(n=Count("pk")).order_by("feed").values_list("feed", "n"):
        note_gap(run, QUARANTINED.format(count=count, feed=feed), stored_less=True)
    return run.missing


def is_whole(run: SyncRun) -> bool:
    """Return True if nothing is known to be missing, during the run."""
    cursors = FeedCursor.objects.filter(integration=run.integration_id).exclude(missed="")
    held = QuarantinedRecord.objects.filter(integration=run.integration_id)
    return not (run.missing or cursors.exists() or held.exists())


def release_absent_records(run: SyncRun, *, brings_rows: bool) -> None:
    """Delete quarantined issues that a finished census did not list.

    Records without a readable id have a digest as id. If the list has complete rows, a record that
    still exists was seen again.
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
