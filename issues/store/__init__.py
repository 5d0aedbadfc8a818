"""Storage of records: compare first, then write differences, one statement per table."""

from issues.store.comments_and_history import (
    StoredHistory,
    mark_comments_removed,
    store_comments,
    store_transitions,
)
from issues.store.issues import Stored, store_issues
from issues.store.store_context import Target

__all__ = [
    "Stored",
    "StoredHistory",
    "Target",
    "mark_comments_removed",
    "store_comments",
    "store_issues",
    "store_transitions",
]
