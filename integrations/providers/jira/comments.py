"""Mapping of Jira's comments, with rejections of unreadable ones."""

from collections.abc import Callable
from urllib.parse import quote

import msgspec

from integrations.providers.contract.base import CommentRecord, IssueRef, RejectedRecord
from integrations.providers.jira.payloads import CommentPayload
from integrations.providers.jira.people import to_person
from integrations.providers.jira.site import Place
from integrations.providers.parsing.dates import read_date
from integrations.providers.parsing.record_reader import Unmappable

Body = Callable[[object], str]
"""Function from a dialect's text to Markdown."""


def read_comment(
    tree: object, issue: IssueRef, place: Place, body: Body
) -> CommentRecord | RejectedRecord:
    try:
        return _to_comment(msgspec.convert(tree, CommentPayload), issue, place, body)
    except (Unmappable, msgspec.ValidationError) as error:
        return rejection("comment", tree, str(error))


def rejection(kind: str, tree: object, reason: str) -> RejectedRecord:
    """Reject a part of an issue; `kind` in the id keeps it distinct from issue ids."""
    own = tree.get("id") if isinstance(tree, dict) else None
    return RejectedRecord(
        source_id=f"{kind} {str(own)[:40]}",
        reason=f"A {kind} of an issue: {reason}",
        raw=msgspec.json.encode(tree),
    )


def _to_comment(
    payload: CommentPayload, issue: IssueRef, place: Place, body: Body
) -> CommentRecord:
    made = read_date(payload.created)
    if made is None:
        raise Unmappable("`created` is not a date.")
    return CommentRecord(
        source_comment_id=str(payload.id),
        issue=issue,
        author=to_person(payload.author, place),
        body=body(payload.body),
        url=f"{place.browse(issue.key)}?focusedCommentId={quote(str(payload.id), safe='')}",
        commented_at=made,
        source_updated_at=read_date(payload.updated) or made,
    )
