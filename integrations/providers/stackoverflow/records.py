"""Mapping of Stack Exchange's JSON. Texts are CC BY-SA: each keeps its author and link.

Status: a question is `todo` without an answer, `in_progress` with one, and `done` if an answer was
accepted or the question closed. A question closed as duplicate has the outcome `duplicate`, even
with an accepted answer; closed for another reason with an accepted answer, it is `delivered`.

Rows have dates only for answers and the closing. The API does not report when an answer was
accepted, so the accepted answer's own time is used, which is never too late. Reverted changes
(reopened, no longer accepted) leave no trace, so they give no transition.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Protocol
from urllib.parse import urlsplit

from integrations.providers.contract.base import (
    CensusEntry,
    CommentRecord,
    IssueRecord,
    IssueRef,
    LabelRecord,
    LinkRecord,
    Outcome,
    PersonRecord,
    Status,
    TransitionRecord,
)
from integrations.providers.stackoverflow.html_text import markdown_of
from integrations.providers.stackoverflow.payloads import (
    AnswerPayload,
    CensusPayload,
    CommentPayload,
    Owner,
    QuestionPayload,
)

_DUPLICATE = ("duplicate", "exact duplicate")
# Reasons in use since 2013; an unknown reason is kept unchanged.
_REASONS = (
    "duplicate", "exact duplicate", "needs details or clarity", "needs more focus",
    "opinion-based", "not suitable for this site", "off-topic", "unclear what you're asking",
    "too broad", "primarily opinion-based", "not constructive", "not a real question",
    "too localized", "not reproducible or was caused by a typo",
)  # fmt: skip
STATUSES: dict[str, Status] = {
    "unanswered": "todo",
    "answered": "in_progress",
    "accepted": "done",
    "migrated": "done",
    "closed": "done",
    **{f"closed: {reason}": "done" for reason in _REASONS},
}


class HasBody(Protocol):
    body: str | None
    body_markdown: str | None


def key_of(question_id: int) -> str:
    """Return the question's number prefixed by a letter, as it is no count."""
    return f"Q{question_id}"


def moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def to_issue(
    question: QuestionPayload, answers: Iterable[AnswerPayload], comment_count: int
) -> IssueRecord:
    word, outcome = _state(question)
    return IssueRecord(
        source_issue_id=str(question.question_id),
        key=key_of(question.question_id),
        url=question.link or "",
        title=unescape(question.title),
        body=_body(question),
        status=STATUSES.get(word, "done"),
        source_status=word,
        outcome=outcome,
        author=to_person(question.owner),
        labels=tuple(LabelRecord(name=unescape(tag)) for tag in question.tags or ()),
        links=_links(question),
        comment_count=comment_count,
        opened_at=moment(question.creation_date),
        closed_at=_closed_at(question, word, answers),
        # `closed_date` is ignored: after reopening, the date would go back.
        source_updated_at=moment(question.last_activity_date),
    )


def to_answer(answer: AnswerPayload, question: QuestionPayload) -> CommentRecord:
    return CommentRecord(
        source_comment_id=f"answer:{answer.answer_id}",
        issue=_ref(question),
        author=to_person(answer.owner),
        body=_body(answer),
        url=answer.link or _address(question, f"/a/{answer.answer_id}"),
        kind="answer",
        commented_at=moment(answer.creation_date),
        source_updated_at=moment(answer.last_activity_date or answer.creation_date),
    )


def to_comment(comment: CommentPayload, question: QuestionPayload) -> CommentRecord:
    """Map a comment. The API does not report edits, so its update time is its creation."""
    way = "q" if comment.post_id == question.question_id else "a"
    place = f"/{way}/{comment.post_id}#comment{comment.comment_id}_{comment.post_id}"
    return CommentRecord(
        source_comment_id=f"comment:{comment.comment_id}",
        issue=_ref(question),
        author=to_person(comment.owner),
        body=_body(comment),
        url=comment.link or _address(question, place),
        commented_at=moment(comment.creation_date),
        source_updated_at=moment(comment.creation_date),
    )


def to_transitions(
    question: QuestionPayload, answers: Iterable[AnswerPayload]
) -> Iterator[TransitionRecord]:
    before = "unanswered"
    for at, word in sorted(_steps(question, list(answers)), key=lambda step: step[0]):
        yield TransitionRecord(
            source_event_id=f"{question.question_id}:{word.partition(':')[0]}:{at}",
            issue=_ref(question),
            field="status",
            from_value=before,
            to_value=word,
            actor=None,
            occurred_at=moment(at),
        )
        before = word


def to_census_entry(question: CensusPayload) -> CensusEntry:
    active_at = question.last_activity_date
    return CensusEntry(
        source_issue_id=str(question.question_id),
        key=key_of(question.question_id),
        source_updated_at=None if active_at is None else moment(active_at),
    )


def to_person(owner: Owner | None) -> PersonRecord | None:
    """Map an account; the name replaces the missing id of a deleted account."""
    if owner is None or not (owner.user_id or owner.display_name):
        return None
    name = unescape(owner.display_name or "")
    is_deleted = owner.user_id is None or owner.user_type == "does_not_exist"
    return PersonRecord(
        source_person_id=f"deleted:{name}" if owner.user_id is None else str(owner.user_id),
        login=name,
        display_name=name,
        url=owner.link or "",
        is_bot=owner.user_id == -1,
        is_deleted=is_deleted,
    )


def _state(question: QuestionPayload) -> tuple[str, Outcome | None]:
    reason = unescape(question.closed_reason or "").strip().lower()
    is_closed = question.closed_date is not None
    if is_closed and reason in _DUPLICATE:
        return f"closed: {reason}", "duplicate"
    if question.accepted_answer_id is not None:
        return "accepted", "delivered"
    if question.migrated_to is not None:
        return "migrated", "moved"
    if is_closed:
        return (f"closed: {reason}" if reason else "closed"), "not_planned"
    return ("answered" if question.answer_count else "unanswered"), None


def _closed_at(
    question: QuestionPayload, word: str, answers: Iterable[AnswerPayload]
) -> datetime | None:
    if word == "accepted":
        found = (each for each in answers if each.answer_id == question.accepted_answer_id)
        return next((moment(each.creation_date) for each in found), None)
    return None if question.closed_date is None else moment(question.closed_date)


def _steps(question: QuestionPayload, answers: list[AnswerPayload]) -> Iterator[tuple[int, str]]:
    word, _ = _state(question)
    if answers:
        yield min(each.creation_date for each in answers), "answered"
    for answer in answers:
        if answer.answer_id == question.accepted_answer_id:
            yield answer.creation_date, "accepted"
    if question.closed_date is not None and word != "accepted":
        yield question.closed_date, word


def _links(question: QuestionPayload) -> tuple[LinkRecord, ...]:
    details = question.closed_details
    return tuple(
        LinkRecord(
            kind="duplicates",
            source_issue_id=str(each.question_id),
            key=key_of(each.question_id),
            url=_address(question, f"/q/{each.question_id}"),
        )
        for each in (details.original_questions if details else None) or ()
    )


def _ref(question: QuestionPayload) -> IssueRef:
    return IssueRef(source_issue_id=str(question.question_id), key=key_of(question.question_id))


def _body(post: HasBody) -> str:
    """Return the Markdown; servers send it HTML-encoded, or only HTML."""
    if post.body_markdown is not None:
        return unescape(post.body_markdown).replace("\r\n", "\n")
    return markdown_of(post.body or "")


def _address(question: QuestionPayload, path: str) -> str:
    """Return the URL of a path on the question's site; empty if unknown."""
    try:
        parts = urlsplit(question.link or "")
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}{path}" if parts.netloc else ""
