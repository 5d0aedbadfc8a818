"""Whose turn it is: which open runs get a message now, and into which queue.

The broker never holds more long work than the workers are about to do: the rest waits in the
table, where it can still be put in order. So whoever connects a tracker later does not stand behind
everything that others asked for before.
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
"""Enough for most scopes to the end, too short for anybody to wait behind."""
SLICE = timedelta(seconds=20)
"""How long a task reads before it hands on, so that one huge scope never starves the others."""
WAITING_AT_LEAST = 4
"""So many slices of long runs may wait in the broker; or as many as are being worked on."""
LOOK_AT = 1000
"""Runs that are put in order at once."""

Kind, Trigger = SyncRun.Kind, SyncRun.Trigger


@dataclass(frozen=True)
class Turn:
    run_id: int
    queue: str


def queue_of(run: SyncRun, *, was_read: bool) -> str:
    """`was_read`: the integration was read to the end once.

    A run that read pages and is not over is a long one, whoever asked for it.
    """
    if run.pages or run.kind in (Kind.CENSUS, Kind.RENORMALISE):
        return BACKFILL
    is_awaited = run.kind == Kind.TARGETED or run.trigger != Trigger.SCHEDULED
    return INTERACTIVE if is_awaited or not was_read else SYNC


def slice_of(run: SyncRun) -> timedelta:
    """Nobody knows how long a run will be that has read nothing yet."""
    return SLICE if run.pages else FIRST_SLICE


def dispatch_runs(among: Collection[int] | None = None, *, limit: int = 200) -> list[Turn]:
    """Open runs whose message is to be sent now; marked as sent. What is left has its turn when a
    slice ends, or with the next sweep.

    This is what makes a lost message, a flushed broker or a dead worker harmless, too.
    """
    with transaction.atomic():
        # Taken up by another sweep at the same moment: theirs.
        unsent = _unsent(among).select_for_update(skip_locked=True, of=("self",))
        turns = list(_choose([_Waiting.of(run) for run in unsent[:LOOK_AT]]))[:limit]
        SyncRun.objects.filter(pk__in=[turn.run_id for turn in turns]).update(
            sent_at=run_lease.now()
        )
    return turns


def undispatch(chosen: Iterable[Turn]) -> None:
    """They could not be sent after all."""
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
    """Short ones all; long ones as room is left, those first whose project has least under way."""
    for run in waiting:
        if not run.may_be_long:
            yield Turn(run.run_id, run.queue)
    if not any(run.may_be_long for run in waiting):
        return
    under_way = _long_under_way()
    held = sum(run.is_held for run in under_way)
    room = max(WAITING_AT_LEAST, held) - (len(under_way) - held)
    for place, run in _in_fair_order(waiting, under_way):
        # A project with nothing under way need not wait for room to see its first issues.
        if room > 0 or (place == 0 and run.queue == INTERACTIVE):
            room -= 1
            yield Turn(run.run_id, run.queue)


def _in_fair_order(
    waiting: Iterable[_Waiting], under_way: Iterable[_Waiting]
) -> list[tuple[int, _Waiting]]:
    """With each its place: how many long ones of its project come before it."""
    places = Counter(run.project_id for run in under_way)
    placed = []
    for run in waiting:  # the longest waiting first
        if run.may_be_long:
            placed.append((places[run.project_id], run))
            places[run.project_id] += 1
    return sorted(placed, key=lambda pair: pair[0])


def _unsent(among: Collection[int] | None) -> QuerySet[SyncRun]:
    unsent = run_lease.claimable().filter(Q(sent_at=None) | ~_sent_lately())
    waiting = _with_past(unsent).order_by("not_before", "pk")
    return waiting if among is None else waiting.filter(pk__in=among)


def _long_under_way() -> list[_Waiting]:
    """Slices that wait in the broker, and those that a worker reads."""
    due = SyncRun.objects.filter(state__in=SyncRun.OPEN_STATES, not_before__lte=run_lease.now())
    under_way = due.filter(Q(lease_until__gte=run_lease.now()) | _sent_lately())
    return [run for row in _with_past(under_way) if (run := _Waiting.of(row)).may_be_long]


def _sent_lately() -> Q:
    return Q(sent_at__gte=run_lease.now() - run_lease.RESEND_AFTER)


def _with_past(open_runs: QuerySet[SyncRun]) -> QuerySet[SyncRun]:
    read = FeedCursor.objects.filter(
        integration=OuterRef("integration"), feed="issues", horizon__isnull=False
    )
    return open_runs.select_related("integration").annotate(was_read=Exists(read))
