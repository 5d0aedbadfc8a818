"""Issue counts here and upstream, reported in every receipt.

The local count is queried by the first run and by every census; other runs add what they changed.
The upstream count comes from the tracker, with the time of its answer. A difference schedules a
census.
"""

from datetime import timedelta

from django.utils import timezone

from integrations.models import Integration, SyncRun
from integrations.providers.contract.base import ProviderError, ProviderRateLimited
from issues.models import Issue
from issues.sync import run_lease
from issues.sync.page_store import SyncContext, note_gap

MIN_CENSUS_INTERVAL = timedelta(hours=1)
GAP = (
    "Issue counts differ: {upstream} upstream, {local} stored. A census will check the difference."
)
CENSUS_GAP = (
    "Issue counts differ: {upstream} listed by the census, {local} stored. {held} are unreadable "
    "and in quarantine; the others changed during the census or are listed above."
)


def update_upstream_total(context: SyncContext) -> None:
    """Request the upstream count if it may have changed, else carry it over.

    Trackers without a count are skipped.
    """
    run = context.run
    run.refresh_from_db(fields=["issues_created", "issues_removed", "upstream_total"])
    if run.upstream_total is not None:
        return
    before = _last_finished(run)
    if before and not (run.issues_created or run.issues_removed):
        _carry_over(run, before)
        return
    try:
        total = context.provider.count()
    except ProviderRateLimited:
        raise
    except ProviderError:
        return  # search unavailable on a small server; the next census counts
    if total is not None:
        run_lease.update_run(run, upstream_total=total, upstream_total_at=timezone.now())


def carry_over_counts(run: SyncRun) -> int:
    """Carry over the last upstream count, without a request; return the local count."""
    before = _last_finished(run)
    if before:
        _carry_over(run, before)
    return local_total(run)


def local_total(run: SyncRun) -> int:
    """Return the local count, queried or carried over from the last run.

    The first run and each census query it. Carrying over keeps a sync's cost independent of the
    number of stored issues.
    """
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


def report_gap(run: SyncRun, local: int) -> None:
    """Report a count difference in the receipt and schedule a census."""
    upstream = run.upstream_total
    if upstream is None or upstream == local:
        return
    if run.kind == SyncRun.Kind.CENSUS:
        held = run.integration.quarantine.filter(feed="issues").count()
        gap = CENSUS_GAP.format(upstream=upstream, local=local, held=held)
        note_gap(run, gap, stored_less=upstream > local)
        return
    note_gap(run, GAP.format(upstream=upstream, local=local))
    make_census_due(run)


def make_census_due(run: SyncRun) -> None:
    """Make a census due now, unless one finished within the last hour."""
    recent = SyncRun.objects.filter(
        integration=run.integration_id,
        kind=SyncRun.Kind.CENSUS,
        finished_at__gt=timezone.now() - MIN_CENSUS_INTERVAL,
    )
    if not recent.exists():
        Integration.objects.filter(pk=run.integration_id).update(next_census_at=timezone.now())


def _carry_over(run: SyncRun, before: SyncRun) -> None:
    if before.upstream_total is not None:
        as_of = before.upstream_total_at
        run_lease.update_run(run, upstream_total=before.upstream_total, upstream_total_at=as_of)


def _last_finished(run: SyncRun) -> SyncRun | None:
    before = SyncRun.objects.filter(integration=run.integration_id, local_total__isnull=False)
    return before.exclude(pk=run.pk).order_by("-pk").first()
