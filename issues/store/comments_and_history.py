"""Storage of comments and transitions of stored issues."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from integrations.providers.contract.base import CommentRecord, IssueRef, TransitionRecord
from issues.models import Comment, Issue, Transition
from issues.status_mapping import set_closing_dates
from issues.store.issue_keys import find_at, find_by_ids, find_by_keys
from issues.store.links import store_mentions
from issues.store.lookup import Place
from issues.store.people import person_id, store_people
from issues.store.rows import Upsert
from issues.store.store_context import Target

_COMMENTS = Upsert(
    model=Comment,
    columns=(
        "issue_id", "source_comment_id", "kind", "author_id", "body", "url", "commented_at",
        "source_updated_at", "removed_at", "created_at", "updated_at",
    ),
    conflict=("issue_id", "source_comment_id"),
    replace=(
        "kind", "author_id", "body", "url", "source_updated_at", "removed_at", "updated_at",
    ),
    only_if="(old.source_updated_at < new.source_updated_at OR (old.source_updated_at ="
    " new.source_updated_at AND ((old.kind, old.body, old.url) <> (new.kind, new.body, new.url)"
    " OR COALESCE(old.author_id, 0) <> COALESCE(new.author_id, 0)"
    " OR old.removed_at IS NOT NULL)))",
)  # fmt: skip
# Stored pages carry no information about later removals.
_KEPT_COMMENTS = replace(_COMMENTS, only_if=f"{_COMMENTS.only_if} AND old.removed_at IS NULL")
_TRANSITIONS = Upsert(
    model=Transition,
    columns=(
        "issue_id", "source_event_id", "field", "from_value", "to_value", "actor_id",
        "occurred_at", "created_at",
    ),
    conflict=("issue_id", "source_event_id", "field"),
    replace=("from_value", "to_value", "actor_id", "occurred_at"),
    only_if="(old.from_value, old.to_value, old.occurred_at, COALESCE(old.actor_id, 0))"
    " <> (new.from_value, new.to_value, new.occurred_at, COALESCE(new.actor_id, 0))",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredHistory:
    written: int = 0
    orphaned: int = 0
    """Records whose issue is not stored, not yet or no longer."""
    issue_ids: frozenset[int] = frozenset()

    @property
    def changed(self) -> bool:
        return self.written > 0


def store_comments(target: Target, records: Sequence[CommentRecord]) -> StoredHistory:
    """Upsert comments, inside the caller's transaction."""
    target.lock_project()
    issue_ids = _resolve(target, (record.issue for record in records))
    # A comment edited while the page was built can appear twice; the last version wins.
    matched = {
        (issue_ids[r.issue], r.source_comment_id): r for r in records if r.issue in issue_ids
    }
    store_people(target, [record.author for record in matched.values()])
    now = timezone.now()
    upsert = _KEPT_COMMENTS if target.seen_at else _COMMENTS
    written = upsert.write(
        [
            (issue_id, r.source_comment_id, r.kind, person_id(target, r.author), r.body, r.url,
             r.commented_at, r.source_updated_at, None, now, now)
            for (issue_id, _), r in matched.items()
        ]
    )  # fmt: skip
    if written:
        store_mentions(target, ((issue_id, r.body) for (issue_id, _), r in matched.items()))
    orphaned = sum(record.issue not in issue_ids for record in records)
    return StoredHistory(written, orphaned, frozenset(issue_id for issue_id, _ in matched))


def store_transitions(target: Target, records: Sequence[TransitionRecord]) -> StoredHistory:
    """Upsert transitions, inside the caller's transaction."""
    issue_ids = _resolve(target, (record.issue for record in records))
    matched: dict[tuple[int, str, str], TransitionRecord] = {}
    for r in records:
        if r.issue in issue_ids:
            matched.setdefault((issue_ids[r.issue], r.source_event_id, r.field), r)
    store_people(target, [record.actor for record in matched.values()])
    now = timezone.now()
    written = _TRANSITIONS.write(
        [
            (*key, r.from_value, r.to_value, person_id(target, r.actor), r.occurred_at, now)
            for key, r in matched.items()
        ]
    )
    if written:
        set_closing_dates({issue_id for issue_id, _, _ in matched})
    orphaned = sum(record.issue not in issue_ids for record in records)
    return StoredHistory(written, orphaned, frozenset(issue_id for issue_id, _, _ in matched))


def mark_comments_removed(
    target: Target, versions: Mapping[str, datetime], comment_ids: Collection[str]
) -> StoredHistory:
    """Mark comments missing from `comment_ids` as removed.

    `versions` maps the source id of each issue to the version its comment list belongs to. Issues
    stored in a newer version are skipped: a late page does not list their newest comments. Call
    inside the caller's transaction, after the issues were stored.
    """
    refs = [IssueRef(source_issue_id=source_id) for source_id in versions]
    found = Issue.objects.filter(pk__in=_resolve(target, refs).values())
    issues = [
        pk
        for pk, source_id, stored in found.values_list("pk", "source_issue_id", "source_updated_at")
        if stored <= versions[source_id]
    ]
    kept = set(comment_ids)
    present = Comment.objects.filter(issue_id__in=issues, removed_at=None)
    gone = {
        pk: issue_id
        for pk, issue_id, comment_id in present.values_list("pk", "issue_id", "source_comment_id")
        if comment_id not in kept
    }
    if gone:
        now = timezone.now()
        Comment.objects.filter(pk__in=gone).update(removed_at=now, updated_at=now)
    return StoredHistory(written=len(gone), issue_ids=frozenset(gone.values()))


def _resolve(target: Target, refs: Iterable[IssueRef]) -> dict[IssueRef, int]:
    """Map references to row ids, by source id if present, else by key.

    Where issues can move, sibling scopes are searched too.
    """
    scopes = [target.tracker, *(target.trackers.sibling_scopes() if target.issues_move else ())]
    ids: dict[IssueRef, list[Place]] = {}
    keys: dict[IssueRef, list[Place]] = {}
    for ref in set(refs):
        wanted = ids if ref.source_issue_id else keys
        wanted[ref] = [(t.integration_id, ref.source_issue_id or ref.key) for t in scopes]
    at = {ref: places for ref, places in keys.items() if ref.url}
    found = find_by_ids(ids) | find_at(at, {ref: ref.url for ref in at})
    return found | find_by_keys({ref: p for ref, p in keys.items() if ref not in found})
