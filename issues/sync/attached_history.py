"""Storage of history delivered together with issues, in the same transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from integrations.providers.contract.base import CommentRecord, TransitionRecord
from issues.store import Target, mark_comments_removed
from issues.sync.quarantine import quarantine
from issues.sync.store_results import StoreResult, merge_results


@dataclass(frozen=True, slots=True)
class AttachedHistory:
    """Sanitised comments and transitions of one page."""

    comments: Sequence[CommentRecord] = ()
    transitions: Sequence[TransitionRecord] = ()
    whole_comments_of: Mapping[str, datetime] = field(default_factory=dict)
    """Version by source id, for issues whose comment list is complete."""


def store(
    target: Target,
    effect: StoreResult,
    history: AttachedHistory,
    store_feed: Callable[..., StoreResult],
) -> StoreResult:
    """Store the history; return `effect` merged with its results."""
    for feed, records in (("comments", history.comments), ("transitions", history.transitions)):
        if records:
            stored = store_feed(target, feed, records)
            quarantine(target.integration_id, feed, stored.rejected)
            effect = merge_results(effect, stored)
    if history.whole_comments_of:
        ids = [comment.source_comment_id for comment in history.comments]
        effect = merge_results(effect, _mark_removed(target, history.whole_comments_of, ids))
    return effect


def _mark_removed(
    target: Target, whole: Mapping[str, datetime], comment_ids: Sequence[str]
) -> StoreResult:
    marked = mark_comments_removed(target, whole, comment_ids)
    removed = marked.written
    return StoreResult(
        {"comments_removed": removed}, changed=removed > 0, issue_ids=marked.issue_ids
    )
