"""A run's states. Every step is one conditional UPDATE; the row count says who won.

A worker holds a run by its lease. The fencing token grows with every claim, so that a worker that
comes back after its lease ran out cannot write.
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
    """Somebody else holds the run now, or it has ended: stop, write nothing."""


def now() -> Now | datetime:
    """The database's clock: workers on several machines must agree on who is late.

    SQLite serves one machine, and its own clock knows milliseconds only.
    """
    return Now() if connection.vendor == "postgresql" else timezone.now()


def claim(run_id: int, owner: str) -> SyncRun | None:
    """Take the run, or None: it is held, not due, parked or over. The attempt counts at once."""
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
    """Write `changes` and renew the lease; raises LeaseLost where the run is no longer ours."""
    held = SyncRun.objects.filter(
        pk=run.pk, fencing_token=run.fencing_token, state=SyncRun.State.RUNNING
    )
    if not held.update(**{"lease_until": now() + LEASE, **changes}):
        raise LeaseLost


def added(counts: dict[str, int]) -> dict[str, object]:
    """What `keep` adds to a receipt."""
    return {name: F(name) + count for name, count in counts.items() if count}


def release(run: SyncRun) -> None:
    """Hand the run back between two slices: it is due since now, behind others that are.

    The attempt stays counted: only what is stored takes it back, so that a run that hands itself
    on for ever is parked.
    """
    due_since = Greatest("not_before", now())  # its tracker may have told it to wait meanwhile
    update_run(run, not_before=due_since, sent_at=None, lease_until=None, lease_owner="")


def wait(run: SyncRun, until: datetime) -> None:
    """Told to wait by the tracker: the run stays open and goes on from its checkpoint."""
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
    """What a worker knows of an integration is out of date: its page under way is not stored, and
    the run goes on with fresh knowledge. Inside the caller's transaction, after the rows that the
    worker must see: it locks them before its run, too."""
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
    """Open runs that were tried to the end without storing a page."""
    return _free(SyncRun.objects.filter(attempts__gte=MAX_ATTEMPTS)).select_related("integration")


def _free(runs: QuerySet[SyncRun]) -> QuerySet[SyncRun]:
    return runs.filter(state__in=SyncRun.OPEN_STATES, not_before__lte=now()).filter(
        Q(lease_until=None) | Q(lease_until__lt=now())
    )
