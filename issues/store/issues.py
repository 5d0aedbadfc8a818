"""Storage of issues with their labels and assignees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

import msgspec
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from integrations.providers.contract.base import IssueRecord
from issues import status_mapping
from issues.change_log import note_changed
from issues.models import Issue, IssueAssignee, IssueLabel
from issues.store import search_index
from issues.store.existing_rows import ExistingRow, find_existing
from issues.store.issue_keys import Rename, note_former_keys
from issues.store.issue_moves import Aliases, adopt_moved
from issues.store.links import resolve_arrivals, store_links
from issues.store.people import person_id, store_labels, store_people
from issues.store.rows import Row, Upsert
from issues.store.store_context import Target

_CONTENT = (
    "key", "url", "title", "body", "status", "provider_status", "source_status", "outcome", "type",
    "priority", "author_id", "comment_count", "opened_at", "closed_at", "source_updated_at",
    "removed_at", "removed_reason", "moved_to", "provider_outcome", "provider_closed_at",
    "content_hash", "updated_at",
)  # fmt: skip
_OWN = ("project_id", "integration_id", "provider", "source_issue_id", "created_at")


_ISSUES = Upsert(
    model=Issue,
    columns=_OWN + _CONTENT,
    conflict=("integration_id", "source_issue_id"),
    replace=_CONTENT,
    # An older version never wins: syncs can overlap and pages can arrive late.
    only_if="old.source_updated_at <= new.source_updated_at",
)
_SEARCHABLE_ISSUES = replace(
    _ISSUES,
    columns=(*_ISSUES.columns, "search_terms"),
    replace=(*_ISSUES.replace, "search_terms"),
    expressions={"search_terms": search_index.IN_POSTGRESQL},
)
"""PostgreSQL only; SQLite maintains its index with triggers."""
# Stored pages carry no information about later removals.
_SPARES_TOMBSTONES = f"{_ISSUES.only_if} AND old.removed_at IS NULL"
_LABELLED = Upsert(IssueLabel, ("issue_id", "label_id"), ("issue_id", "label_id"))
_ASSIGNED = Upsert(IssueAssignee, ("issue_id", "person_id"), ("issue_id", "person_id"))


@dataclass(frozen=True, slots=True)
class Stored:
    """Counts for one stored batch."""

    created: int = 0
    """New to this scope, including issues moved here from another scope."""
    updated: int = 0
    unchanged: int = 0
    first_opened_at: datetime | None = None
    """Earliest `opened_at` among the created issues."""

    @property
    def changed(self) -> bool:
        return bool(self.created or self.updated)


def content_hash(record: IssueRecord) -> str:
    """Return a digest that is stable across machines and Python versions."""
    return blake2b(msgspec.json.encode(record), digest_size=16).hexdigest()


def store_issues(target: Target, records: Sequence[IssueRecord]) -> Stored:
    """Upsert issues, inside the caller's transaction."""
    newest: dict[str, IssueRecord] = {}
    for record in sorted(records, key=lambda record: record.source_updated_at):
        newest[record.source_issue_id] = record
    target.lock_project()
    known = find_existing(target, newest)
    moved = adopt_moved(target, newest, known)
    hashes = {source_id: content_hash(record) for source_id, record in newest.items()}
    new = [r for i, r in newest.items() if i not in known and i not in moved.elsewhere]
    updated = [r for i, r in newest.items() if i in known and known[i].differs(r, hashes[i])]
    done_by_override = _write(target, new + updated, hashes)
    _connect(target, new + updated, {**known, **moved.here}, moved.aliases)
    if done_by_override:
        status_mapping.set_closing_dates(
            [k.pk for k in find_existing(target, done_by_override).values()]
        )
    return Stored(
        created=len(new),
        updated=len(updated),
        unchanged=len(records) - len(new) - len(updated),
        first_opened_at=min((record.opened_at for record in new), default=None),
    )


def _write(target: Target, records: Sequence[IssueRecord], hashes: dict[str, str]) -> list[str]:
    """Write the rows; return source ids of issues done by override only."""
    if not records:
        return []
    store_people(target, [person for r in records for person in (r.author, *r.assignees)])
    store_labels(target, [label for record in records for label in record.labels])
    now = timezone.now()
    overrides = _store_statuses(target, records)
    effective_by_id = {
        r.source_issue_id: status_mapping.effective_status(r, overrides) for r in records
    }
    rows = [
        _row(target, r, effective_by_id[r.source_issue_id], (hashes[r.source_issue_id], now))
        for r in records
    ]
    upsert = _ISSUES
    if connection.vendor == "postgresql":
        texts = (search_index.terms(record.title, record.body) for record in records)
        rows = [(*row, text) for row, text in zip(rows, texts, strict=True)]
        upsert = _SEARCHABLE_ISSUES
    if target.seen_at:
        upsert = replace(upsert, only_if=_SPARES_TOMBSTONES)
    upsert.write(rows)
    return [source_id for source_id, each in effective_by_id.items() if each.is_done_by_override]


def _store_statuses(target: Target, records: Sequence[IssueRecord]) -> dict[str, str]:
    """Store new status words; return the maintainers' overrides."""
    words: dict[str, str] = {record.source_status: record.status for record in records}
    new = {
        word: status for word, status in words.items() if target.status_words.get(word) != status
    }
    if new:
        status_mapping.store_statuses(target.integration_id, new)
        target.status_words.update(new)
    return status_mapping.overrides_of(target.integration_id)


def _row(
    target: Target,
    r: IssueRecord,
    effective: status_mapping.EffectiveStatus,
    tail: tuple[str, datetime],
) -> tuple[object, ...]:
    record_hash, now = tail
    own = (target.project_id, target.integration_id, target.provider, r.source_issue_id, now)
    content = (
        r.key, r.url, r.title, r.body, effective.status, effective.provider_status, r.source_status,
        effective.outcome, r.type, r.priority, person_id(target, r.author), r.comment_count,
        r.opened_at, effective.closed_at, r.source_updated_at, None, "", None,
        effective.provider_outcome, effective.provider_closed_at, record_hash, now,
    )  # fmt: skip
    return own + content


def _connect(
    target: Target,
    records: Sequence[IssueRecord],
    known: Mapping[str, ExistingRow],
    aliases: Aliases,
) -> None:
    """Replace labels, assignees, former keys and links with the records' values."""
    created = [record for record in records if record.source_issue_id not in known]
    here = {**known, **find_existing(target, [record.source_issue_id for record in created])}
    by_row = {here[record.source_issue_id].pk: record for record in records}
    note_changed(target.project_id, by_row.keys())
    had_links = [known[r.source_issue_id].pk for r in records if r.source_issue_id in known]
    _tag(target, by_row, had_links)
    renames = [
        Rename.of(pk, record, known.get(record.source_issue_id), aliases.get(pk, ()))
        for pk, record in by_row.items()
    ]
    note_former_keys(target.integration_id, renames)
    store_links(target, by_row, had_links)
    arrived = {r.pk for r in renames if r.former_keys}.union(by_row.keys() - set(had_links))
    resolve_arrivals(target, [(pk, by_row[pk]) for pk in sorted(arrived)])


def _tag(target: Target, by_row: Mapping[int, IssueRecord], had_links: Sequence[int]) -> None:
    labelled = [
        (pk, target.label_ids[label.kind, label.name])
        for pk, record in by_row.items()
        for label in record.labels
    ]
    assigned = [
        (pk, target.person_ids[person])
        for pk, record in by_row.items()
        for person in record.assignees
    ]
    _replace_links(_LABELLED, labelled, had_links)
    _replace_links(_ASSIGNED, assigned, had_links)


def _replace_links(upsert: Upsert, wanted: Sequence[Row], had_links: Sequence[int]) -> None:
    model: type[Model] = upsert.model
    if had_links:
        keep = {tuple(pair) for pair in wanted}
        present = model._default_manager.filter(issue_id__in=had_links)
        gone = [
            pk
            for pk, *pair in present.values_list("pk", *upsert.columns)
            if tuple(pair) not in keep
        ]
        if gone:
            model._default_manager.filter(pk__in=gone).delete()
    upsert.write(wanted)
