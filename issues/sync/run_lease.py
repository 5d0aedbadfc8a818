"""State changes of a run, each one conditional UPDATE.

A worker holds a run by its lease. The fencing token grows with every claim, so a worker whose lease
expired cannot write.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils import timezone

from integrations.models import SyncRun

LEASE = timedelta(seconds=settings.DIIP_LEASE_SECONDS)
MAX_ATTEMPTS = 3
RESEND_AFTER = LEASE * 2 / 3


class LeaseLost(Exception):
    """Raised if another worker holds the run or it has ended; stop without writing."""


def now() -> Now | datetime:
    """Return the database's clock, so that workers on several machines agree.

    SQLite serves one machine, and its own clock has only millisecond resolution.
    """
    return Now() if connection.vendor == "postgresql" else timezone.now()


def claim(run_id: int, owner: str) -> SyncRun | None:
    """Claim the run and count an attempt; return None if not claimable."""
    taken = (
        claimable()
        .filter(pk=run_id)
        .update(
            state=SyncRun.State.RUNNING,
            lease_owner=owner,
            lease_until=now() + LEASE,
            fencing_token=F("fencing_token") + 1,
            attempts=F("attempts") + 1,
            started_at=Coalesce("started_at", now()),
        )
    )
    if not taken:
        return None
    return SyncRun.objects.select_related("integration__project").get(pk=run_id)


def update_run(run: SyncRun, **changes: object) -> None:
    """Write `changes` and renew the lease; raises LeaseLost if the lease is gone."""
    held = SyncRun.objects.filter(
        pk=run.pk, fencing_token=run.fencing_token, state=SyncRun.State.RUNNING
    )
    if not held.update(**{"lease_until": now() + LEASE, **changes}):
        raise LeaseLost


def added(counts: dict[str, int]) -> dict[str, object]:
    """Build the `update_run` arguments that increase receipt counters."""
    return {name: F(name) + count for name, count in counts.items() if count}


def release(run: SyncRun) -> None:
    """Release the run between slices; it is due now, behind other due runs.

    The attempt stays counted until data is stored, so a run without progress is parked.
    """
    due_since = Greatest("not_before", now())  # the tracker may have requested a pause meanwhile
    update_run(run, not_before=due_since, sent_at=None, lease_until=None, lease_owner="")


def wait(run: SyncRun, until: datetime) -> None:
    """Pause the run as the tracker requested; it resumes from its checkpoint."""
    update_run(
        run,
        state=SyncRun.State.WAITING,
        not_before=until,
        sent_at=None,
        lease_until=None,
        lease_owner="",
        attempts=0,
    )


def end(run: SyncRun, state: SyncRun.State, **receipt: object) -> None:
    update_run(
        run,
        state=state,
        finished_at=now(),
        lease_until=None,
        lease_owner="",
        feed="",
        **receipt,
    )


def invalidate_claims(integration_id: int, *, besides: int | None = None) -> None:
    """Invalidate running claims because the integration's data changed.

    The current page is not stored, and the run continues with fresh state. Call inside the caller's
    transaction, after writing the rows the worker must see: it locks them before its run, too.
    """
    SyncRun.objects.filter(integration=integration_id, state=SyncRun.State.RUNNING).exclude(
        pk=besides or 0
    ).update(
        fencing_token=F("fencing_token") + 1,
        lease_until=None,
        lease_owner="",
        sent_at=None,
        attempts=0,
    )


def claimable() -> QuerySet[SyncRun]:
    return _free(SyncRun.objects.filter(attempts__lt=MAX_ATTEMPTS))


def exhausted() -> QuerySet[SyncRun]:
    """Return open runs that used all attempts without storing a page."""
    return _free(SyncRun.objects.filter(attempts__gte=MAX_ATTEMPTS)).select_related("integration")


def _free(runs: QuerySet[SyncRun]) -> QuerySet[SyncRun]:
    return runs.filter(state__in=SyncRun.OPEN_STATES, not_before__lte=now()).filter(
        Q(lease_until=None) | Q(lease_until__lt=now())
    )
