"""Comments and transitions: what happened to issues that are here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from integrations.providers.base import CommentRecord, IssueRef, TransitionRecord
from issues.models import Comment, Issue, Transition
from issues.store.people import learn_people, person_id
from issues.store.rows import Find, Upsert
from issues.store.target import Target

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
# What was kept says nothing of what vanished since.
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

_FIND_BY_ID = Find(Issue, ("source_issue_id", "id"), ("integration_id",), "source_issue_id")
_FIND_BY_KEY = Find(Issue, ("key", "id"), ("integration_id",), "key")


@dataclass(frozen=True, slots=True)
class StoredHistory:
    written: int = 0
    orphaned: int = 0
    """Records of issues that are not here: not yet, or no more."""
    issue_ids: frozenset[int] = frozenset()

    @property
    def changed(self) -> bool:
        return self.written > 0


def store_comments(target: Target, records: Sequence[CommentRecord]) -> StoredHistory:
    """Inside the caller's transaction."""
    issue_ids = _resolve(target, (record.issue for record in records))
    # An account edited within a page appears once; its last version is kept.
    at_home = {
        (issue_ids[r.issue], r.source_comment_id): r for r in records if r.issue in issue_ids
    }
    learn_people(target, [record.author for record in at_home.values()])
    now = timezone.now()
    upsert = _KEPT_COMMENTS if target.seen_at else _COMMENTS
    written = upsert.write(
        [
            (issue_id, r.source_comment_id, r.kind, person_id(target, r.author), r.body, r.url,
             r.commented_at, r.source_updated_at, None, now, now)
            for (issue_id, _), r in at_home.items()
        ]
    )  # fmt: skip
    orphaned = sum(record.issue not in issue_ids for record in records)
    return StoredHistory(written, orphaned, frozenset(issue_id for issue_id, _ in at_home))


def store_transitions(target: Target, records: Sequence[TransitionRecord]) -> StoredHistory:
    """Inside the caller's transaction."""
    issue_ids = _resolve(target, (record.issue for record in records))
    at_home: dict[tuple[int, str, str], TransitionRecord] = {}
    for r in records:
        if r.issue in issue_ids:
            at_home.setdefault((issue_ids[r.issue], r.source_event_id, r.field), r)
    learn_people(target, [record.actor for record in at_home.values()])
    now = timezone.now()
    written = _TRANSITIONS.write(
        [
            (*key, r.from_value, r.to_value, person_id(target, r.actor), r.occurred_at, now)
            for key, r in at_home.items()
        ]
    )
    orphaned = sum(record.issue not in issue_ids for record in records)
    return StoredHistory(written, orphaned, frozenset(issue_id for issue_id, _, _ in at_home))


def bury_comments(
    target: Target, source_issue_ids: Sequence[str], comment_ids: Sequence[str]
) -> StoredHistory:
    """Mark the comments of these issues that are not among `comment_ids`: upstream has no others.

    Inside the caller's transaction, after the issues were stored.
    """
    issues = [pk for _, pk in _FIND_BY_ID.rows((target.integration_id,), source_issue_ids)]
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
    """The rows that references name, by stable id where they carry one, else by key."""
    wanted = set(refs)
    same = (target.integration_id,)
    ids = {ref.source_issue_id for ref in wanted if ref.source_issue_id}
    by_id: dict[str, int] = dict(_FIND_BY_ID.rows(same, ids))
    keys = {ref.key for ref in wanted if not ref.source_issue_id}
    by_key: dict[str, int] = dict(_FIND_BY_KEY.rows(same, keys))
    found = {
        ref: by_id.get(ref.source_issue_id) if ref.source_issue_id else by_key.get(ref.key)
        for ref in wanted
    }
    return {ref: pk for ref, pk in found.items() if pk is not None}
