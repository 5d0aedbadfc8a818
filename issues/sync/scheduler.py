"""Scheduling of open runs: which are sent now, and to which queue.

The broker holds only as much long work as workers will soon do. The rest stays in the table, where
it can still be reordered, so a newly connected tracker does not wait behind all earlier requests.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from diip.common.queues.names import BACKFILL, INTERACTIVE, SYNC
from integrations.models import FeedCursor, SyncRun
from issues.sync import run_lease

FIRST_SLICE = timedelta(seconds=5)
"""Long enough to finish most scopes, short enough not to delay others."""
SLICE = timedelta(seconds=20)
"""Time a task reads before it yields to other scopes."""
MIN_QUEUED = 4
"""Minimum long slices queued in the broker; otherwise as many as run."""
MAX_SORTED = 1000
"""Maximum runs sorted at once."""

Kind, Trigger = SyncRun.Kind, SyncRun.Trigger


@dataclass(frozen=True)
class Turn:
    run_id: int
    queue: str


def queue_of(run: SyncRun, *, was_read: bool) -> str:
    """Choose the queue. `was_read`: the integration was fully read once.

    A run that has read pages and is not finished counts as long, whatever its trigger.
    """
    if run.pages or run.kind in (Kind.CENSUS, Kind.REMAP):
        return BACKFILL
    is_awaited = run.kind == Kind.TARGETED or run.trigger != Trigger.SCHEDULED
    return INTERACTIVE if is_awaited or not was_read else SYNC


def slice_of(run: SyncRun) -> timedelta:
    """Return the slice length; short while the size of the run is unknown."""
    return SLICE if run.pages else FIRST_SLICE


def dispatch_runs(among: Collection[int] | None = None, *, limit: int = 200) -> list[Turn]:
    """Select open runs to send now and mark them as sent.

    The others follow when a slice ends or at the next sweep. This also recovers from lost messages,
    a flushed broker and dead workers.
    """
    with transaction.atomic():
        # Rows locked by a concurrent sweep are sent by that sweep.
        unsent = _unsent(among).select_for_update(skip_locked=True, of=("self",))
        turns = list(_choose([_Waiting.of(run) for run in unsent[:MAX_SORTED]]))[:limit]
        SyncRun.objects.filter(pk__in=[turn.run_id for turn in turns]).update(
            sent_at=run_lease.now()
        )
    return turns


def undispatch(chosen: Iterable[Turn]) -> None:
    """Unmark runs that could not be sent."""
    SyncRun.objects.filter(pk__in=[turn.run_id for turn in chosen]).update(sent_at=None)


@dataclass(frozen=True)
class _Waiting:
    run_id: int
    project_id: int
    queue: str
    may_be_long: bool
    is_held: bool

    @classmethod
    def of(cls, run: SyncRun) -> Self:
        was_read = bool(vars(run)["was_read"])
        queue = queue_of(run, was_read=was_read)
        return cls(
            run_id=run.pk,
            project_id=run.integration.project_id,
            queue=queue,
            may_be_long=queue == BACKFILL or not was_read,
            is_held=run.lease_until is not None,
        )


def _choose(waiting: Sequence[_Waiting]) -> Iterator[Turn]:
    """Yield all short runs, and long runs as capacity allows.

    Projects with the fewest running slices come first.
    """
    for run in waiting:
        if not run.may_be_long:
            yield Turn(run.run_id, run.queue)
    if not any(run.may_be_long for run in waiting):
        return
    under_way = _long_under_way()
    held = sum(run.is_held for run in under_way)
    room = max(MIN_QUEUED, held) - (len(under_way) - held)
    for place, run in _in_fair_order(waiting, under_way):
        # A project without running work need not wait to see its first issues.
        if room > 0 or (place == 0 and run.queue == INTERACTIVE):
            room -= 1
            yield Turn(run.run_id, run.queue)


def _in_fair_order(
    waiting: Iterable[_Waiting], under_way: Iterable[_Waiting]
) -> list[tuple[int, _Waiting]]:
    """Rank each long run by its project's long runs ahead of it."""
    places = Counter(run.project_id for run in under_way)
    placed = []
    for run in waiting:  # longest waiting first
        if run.may_be_long:
            placed.append((places[run.project_id], run))
            places[run.project_id] += 1
    return sorted(placed, key=lambda pair: pair[0])


def _unsent(among: Collection[int] | None) -> QuerySet[SyncRun]:
    unsent = run_lease.claimable().filter(Q(sent_at=None) | ~_sent_recently())
    waiting = _with_was_read(unsent).order_by("not_before", "pk")
    return waiting if among is None else waiting.filter(pk__in=among)


def _long_under_way() -> list[_Waiting]:
    """Return long slices waiting in the broker or being read by a worker."""
    due = SyncRun.objects.filter(state__in=SyncRun.OPEN_STATES, not_before__lte=run_lease.now())
    under_way = due.filter(Q(lease_until__gte=run_lease.now()) | _sent_recently())
    return [run for row in _with_was_read(under_way) if (run := _Waiting.of(row)).may_be_long]


def _sent_recently() -> Q:
    return Q(sent_at__gte=run_lease.now() - run_lease.RESEND_AFTER)


def _with_was_read(open_runs: QuerySet[SyncRun]) -> QuerySet[SyncRun]:
    read = FeedCursor.objects.filter(
        integration=OuterRef("integration"), feed="issues", horizon__isnull=False
    )
    return open_runs.select_related("integration").annotate(was_read=Exists(read))
