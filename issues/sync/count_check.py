"""How many issues there are, here and upstream: in every receipt, and what to do where they differ.

Nothing is guessed: the number here is counted at first and by every census, and carried by what
runs added and removed in between; the number upstream is the tracker's own word, with the time of
that word.
"""

from datetime import timedelta

from django.utils import timezone

from integrations.models import Integration, SyncRun
from integrations.providers.contract.base import ProviderError, ProviderRateLimited
from issues.models import Issue
from issues.sync import run_lease
from issues.sync.page_store import SyncContext, note_gap

CENSUS_NO_SOONER_THAN = timedelta(hours=1)
GAP = "The tracker counts {upstream} issues, here are {local}. A census looks for the difference."
CENSUS_GAP = (
    "The census listed {upstream} issues, here are {local}: {held} could not be read and wait in "
    "quarantine, the rest changed while it was taken or is named above."
)


def ask_upstream(reading: SyncContext) -> None:
    """Ask for the number where it may have changed; else it is carried over. A tracker that does
    not tell it costs nothing but the word."""
    run = reading.run
    run.refresh_from_db(fields=["issues_created", "issues_removed", "upstream_total"])
    if run.upstream_total is not None:
        return
    before = _last_finished(run)
    if before and not (run.issues_created or run.issues_removed):
        _carry_over(run, before)
        return
    try:
        total = reading.provider.count()
    except ProviderRateLimited:
        raise
    except ProviderError:
        return  # the search of a small server: the next census tells
    if total is not None:
        run_lease.update_run(run, upstream_total=total, upstream_total_at=timezone.now())


def keep_as_they_were(run: SyncRun) -> int:
    """For a run that asks the tracker nothing: its word is carried over. The number here."""
    before = _last_finished(run)
    if before:
        _carry_over(run, before)
    return local_total(run)


def local_total(run: SyncRun) -> int:
    """Counted at first and by every census; between them runs add what they changed, so that a
    sync's cost does not grow with what is stored."""
    run.refresh_from_db(fields=["issues_created", "issues_removed", "upstream_total"])
    before = (
        SyncRun.objects.filter(integration=run.integration_id, local_total__isnull=False)
        .order_by("-pk")
        .values_list("local_total", flat=True)
        .first()
    )
    if before is None or run.kind == SyncRun.Kind.CENSUS:
        return Issue.objects.present().filter(integration=run.integration_id).count()
    return before + run.issues_created - run.issues_removed


def show_gap(run: SyncRun, local: int) -> None:
    """Say a difference in the receipt, and have a census look for it."""
    upstream = run.upstream_total
    if upstream is None or upstream == local:
        return
    if run.kind == SyncRun.Kind.CENSUS:
        held = run.integration.quarantine.filter(feed="issues").count()
        gap = CENSUS_GAP.format(upstream=upstream, local=local, held=held)
        note_gap(run, gap, stored_less=upstream > local)
        return
    note_gap(run, GAP.format(upstream=upstream, local=local))
    hasten_census(run)


def hasten_census(run: SyncRun) -> None:
    """Unless one has looked within the hour: what it did not find, another would not either."""
    recent = SyncRun.objects.filter(
        integration=run.integration_id,
        kind=SyncRun.Kind.CENSUS,
        finished_at__gt=timezone.now() - CENSUS_NO_SOONER_THAN,
    )
    if not recent.exists():
        Integration.objects.filter(pk=run.integration_id).update(next_census_at=timezone.now())


def _carry_over(run: SyncRun, before: SyncRun) -> None:
    if before.upstream_total is not None:
        told_at = before.upstream_total_at
        run_lease.update_run(run, upstream_total=before.upstream_total, upstream_total_at=told_at)


def _last_finished(run: SyncRun) -> SyncRun | None:
    before = SyncRun.objects.filter(integration=run.integration_id, local_total__isnull=False)
    return before.exclude(pk=run.pk).order_by("-pk").first()
