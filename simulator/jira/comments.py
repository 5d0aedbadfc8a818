"""Comments written, edited and deleted: in no changelog, but `updated` moves."""

from typing import Any

import msgspec

from .model import Comment, Issue
from .mutation_log import Happening, Pen, Reference, alone
from .people import ME


class Talk(Pen):
    """Changes of comments."""

    @alone
    def comment(self, issue: Reference, *, body: str = "Any news?", author: str = ME,
                raw: Any = None) -> Comment:  # fmt: skip
        """`raw` is a document shown in place of the body, however odd."""
        now = self._now()
        with self._changing(issue) as found:
            comment = Comment(self._jira.next_id(), found.id, author, body, now, now, author, raw)
            found.comments.append(comment)
        self._tell(Happening("comment_created", found, author, comment=comment))
        return comment

    @alone
    def edit_comment(self, comment: int, *, body: str, actor: str = ME) -> Comment:
        old, owner = self._found(comment)
        edited = msgspec.structs.replace(
            old, body=body, raw=None, editor=actor, updated=self._now()
        )
        with self._changing(owner.id) as issue:
            issue.comments[issue.comments.index(old)] = edited
        self._tell(Happening("comment_updated", issue, actor, comment=edited))
        return edited

    @alone
    def delete_comment(self, comment: int, *, actor: str = ME, silently: bool = False) -> None:
        """`silently`: `updated` does not move, and nobody is told."""
        old, owner = self._found(comment)
        with self._changing(owner.id, silently=silently) as issue:
            issue.comments.remove(old)
        if not silently:
            self._tell(Happening("comment_deleted", issue, actor, comment=old))

    def _found(self, comment_id: int) -> tuple[Comment, Issue]:
        for issue in self._jira.issues.values():
            for comment in issue.comments:
                if comment.id == comment_id:
                    return comment, issue
        raise LookupError(f"There is no comment {comment_id} (any more)")
