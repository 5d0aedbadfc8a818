"""Store one page: rows, quarantine, checkpoint and receipt in one short transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from msgspec.structs import replace

from integrations.http import CallRecord, Session, log_calls
from integrations.models import FeedCursor, SyncRun
from integrations.providers.base import FeedRecord, IssueRecord, Provider, TransitionRecord
from integrations.providers.clean import clean_record
from issues.enrichment import enrich_issues
from issues.store import Target
from issues.sync import effects, feeds, runs
from issues.sync.effects import Effect
from issues.sync.feeds import FeedPage
from issues.sync.quarantine import held, let_go, quarantine

MAX_GAPS = 100


@dataclass(slots=True)
class Reading:
    """What one slice of a run works with."""

    run: SyncRun
    provider: Provider
    session: Session
    target: Target
    history_read_through: datetime | None = None
    """Comments and events up to here were read in earlier runs."""
    held_ids: dict[str, frozenset[str]] = field(default_factory=dict)

    def take_calls(self) -> list[CallRecord]:
        """The calls since the last time; the reading thread may add to them meanwhile."""
        count = len(self.session.calls)
        calls = self.session.calls[:count]
        del self.session.calls[:count]
        return calls

    def in_quarantine(self, feed: str) -> frozenset[str]:
        if feed not in self.held_ids:
            self.held_ids[feed] = held(self.target.integration_id, feed)
        return self.held_ids[feed]


@dataclass(frozen=True, slots=True)
class Step:
    """One page on its way into the tables."""

    cursor: FeedCursor
    page: FeedPage
    horizon: datetime | None
    records: Sequence[FeedRecord]
    repaired: int


def store_page(
    reading: Reading, cursor: FeedCursor, page: FeedPage, horizon: datetime | None
) -> Effect:
    """All of the page or nothing of it; raises LeaseLost where the run is no longer ours."""
    cleaned = [clean_record(record) for record in page.records]
    latest = _latest(page)
    records = [_no_later_than(latest, record) for record, _ in cleaned]
    ahead = sum(new is not old for new, (old, _) in zip(records, cleaned, strict=True))
    step = Step(
        cursor=cursor,
        page=page,
        horizon=horizon,
        records=records,
        repaired=page.repaired + ahead + sum(repairs for _, repairs in cleaned),
    )
    before = {name: getattr(cursor, name) for name in feeds.PASS_FIELDS}
    try:
        return _store(reading, step, effects.store_all)
    except effects.REFUSALS:
        # Rare: the usual page pays for no savepoint.
        for name, value in before.items():
            setattr(cursor, name, value)
        reading.target.forget()
        return _store(reading, step, effects.store_or_bisect)


def _latest(page: FeedPage) -> datetime:
    """No version of a record is later than both clocks say it is now."""
    now = timezone.now()
    return max(page.upstream_time or now, now) + feeds.CLOCK_DOUBT


def _no_later_than(latest: datetime, record: FeedRecord) -> FeedRecord:
    """A version that cannot be would win over every true one to come: it is taken for the first."""
    if isinstance(record, TransitionRecord) or record.source_updated_at <= latest:
        return record
    first = record.opened_at if isinstance(record, IssueRecord) else record.commented_at
    return replace(record, source_updated_at=first)


def store_record(reading: Reading, record: IssueRecord) -> None:
    """One issue that was asked for by itself, inside the caller's transaction."""
    cleaned, _ = clean_record(record)
    effect = effects.store_or_bisect(reading.target, "issues", [cleaned])
    quarantine(reading.target.integration_id, "issues", effect.rejected)
    if not effect.rejected:
        let_go(reading.target.integration_id, "issues", [record.source_issue_id])
    _reread_history_of_late_issues(reading, effect)
    runs.keep(reading.run, **_added(effect.counts | {"quarantined": len(effect.rejected)}))


def log_taken_calls(reading: Reading) -> None:
    """Calls that brought no page (304, refusals, single issues) go into log and receipt too."""
    calls = reading.take_calls()
    if calls:
        _log(reading, calls)
        SyncRun.objects.filter(pk=reading.run.pk).update(**_added(_of_calls(calls)))


def note_gap(run: SyncRun, sentence: str) -> None:
    """Into the receipt: what this run could not read, and why."""
    if sentence not in run.gaps and len(run.gaps) < MAX_GAPS:
        run.gaps = [*run.gaps, sentence]
        runs.keep(run, gaps=run.gaps)


def _store(reading: Reading, step: Step, store: Callable[..., Effect]) -> Effect:
    integration_id, feed = step.cursor.integration_id, step.cursor.feed
    with transaction.atomic():
        _relax_durability()
        effect = store(reading.target, feed, step.records)
        rejected = (*step.page.rejected, *effect.rejected)
        quarantine(integration_id, feed, rejected)
        _let_go(reading, step, effect)
        enrich_issues(effect.issue_ids)
        _reread_history_of_late_issues(reading, effect)
        feeds.note_page(step.cursor, step.page, effect, horizon=step.horizon)
        if step.page.next_token is None:
            feeds.end_pass(step.cursor, reading.provider.overlap)
        step.cursor.save()
        calls = reading.take_calls()
        _log(reading, calls)
        counts = effect.counts | _of_calls(calls) | _of_page(step, effect, len(rejected))
        runs.keep(reading.run, attempts=0, **_added(counts))
    return effect


def _log(reading: Reading, calls: Sequence[CallRecord]) -> None:
    log_calls(calls, integration_id=reading.target.integration_id, provider=reading.target.provider)


def _of_calls(calls: Sequence[CallRecord]) -> dict[str, int]:
    return {
        "requests": len(calls),
        "not_modified": sum(call.status_code == 304 for call in calls),
    }


def _of_page(step: Step, effect: Effect, quarantined: int) -> dict[str, int]:
    return {
        "pages": 1,
        "seen": len(step.records),
        "skipped": step.page.skipped,
        "repaired": step.repaired,
        "orphaned": effect.orphaned,
        "quarantined": quarantined,
    }


def _added(counts: dict[str, int]) -> dict[str, object]:
    return {name: F(name) + count for name, count in counts.items() if count}


def _relax_durability() -> None:
    """Skip the wait for the disk: a crash of the database loses the last pages together with
    their checkpoint, and they are read again. The end of a run does wait."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")


def _let_go(reading: Reading, step: Step, effect: Effect) -> None:
    in_quarantine = reading.in_quarantine(step.cursor.feed)
    if in_quarantine:
        refused = {record.source_id for record in effect.rejected}
        seen = {effects.source_id(record) for record in step.records}
        let_go(step.cursor.integration_id, step.cursor.feed, (in_quarantine & seen) - refused)


def _reread_history_of_late_issues(reading: Reading, effect: Effect) -> None:
    opened, read_through = effect.first_opened_at, reading.history_read_through
    if opened and read_through and opened < read_through - reading.provider.overlap:
        feeds.read_history_again(reading.target.integration_id, opened, reading.provider.overlap)
