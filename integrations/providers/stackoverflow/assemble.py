"""Assembly of a page of questions with answers and comments from its replies.

The first reply has the questions; the others have the answers and comments that were not
embedded, in any order. Equal replies always give an equal page.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar, cast

import msgspec
from msgspec import structs

from integrations.providers.contract.base import (
    CensusEntry,
    CommentRecord,
    IssueRecord,
    Page,
    RejectedRecord,
    TransitionRecord,
)
from integrations.providers.parsing.record_reader import RecordReader, load_leniently, split_object
from integrations.providers.stackoverflow.page_anchor import read_listed
from integrations.providers.stackoverflow.payloads import (
    AnswerPayload,
    CensusPayload,
    CommentPayload,
    QuestionPayload,
)
from integrations.providers.stackoverflow.records import (
    to_answer,
    to_census_entry,
    to_comment,
    to_issue,
    to_transitions,
)

Piece = TypeVar("Piece", AnswerPayload, CommentPayload)
Post = QuestionPayload | AnswerPayload
Rows = Sequence[bytes | msgspec.Raw]
_QUESTIONS = RecordReader(QuestionPayload, lambda question: question)
_CENSUS = RecordReader(CensusPayload, to_census_entry)
_UNREADABLE = "Some answers or comments could not be read and were omitted."


class Thread(msgspec.Struct, frozen=True):
    issue: IssueRecord
    comments: tuple[CommentRecord, ...]
    transitions: tuple[TransitionRecord, ...]
    is_whole: bool


class Pieces:
    """Questions, answers and comments of some replies, grouped by post."""

    def __init__(self, first: Rows, *others: Rows) -> None:
        self.page = name_rejected(_QUESTIONS.read_rows(first))
        self.unreadable = 0
        self._has_asked = bool(others)
        self._answers: dict[int, dict[int, AnswerPayload]] = {}
        self._comments: dict[int, dict[int, CommentPayload]] = {}
        for question in self.page.records:
            self._take(question.answers, question.comments)
        for rows in others:
            self._sort_in(rows)

    @property
    def questions(self) -> tuple[QuestionPayload, ...]:
        return self.page.records

    def answers(self, question: QuestionPayload) -> list[AnswerPayload]:
        found = self._answers.get(question.question_id, {})
        return sorted(found.values(), key=lambda each: (each.creation_date, each.answer_id))

    def comments(self, post: Post) -> list[CommentPayload]:
        found = self._comments.get(_post_id(post), {})
        return sorted(found.values(), key=lambda each: (each.creation_date, each.comment_id))

    def lacks_answers(self, question: QuestionPayload) -> bool:
        return len(self.answers(question)) < question.answer_count

    def lacks_comments(self, post: Post) -> bool:
        """Return True if comments are missing; without a count, if none were fetched yet."""
        if post.comment_count is None:
            return not self._has_asked
        return len(self.comments(post)) < post.comment_count

    def answers_lacking_comments(self) -> list[int]:
        """Return ids of answers with missing comments, before their comments are fetched."""
        below = (each for question in self.questions for each in self.answers(question))
        return [
            each.answer_id
            for each in below
            if each.comment_count is None or self.lacks_comments(each)
        ]

    def thread(self, question: QuestionPayload) -> Thread:
        answers = self.answers(question)
        posts: list[Post] = [question, *answers]
        below = [comment for post in posts for comment in self.comments(post)]
        counts = [post.comment_count or len(self.comments(post)) for post in posts]
        is_whole = not self.lacks_answers(question) and not any(map(self.lacks_comments, posts))
        return Thread(
            issue=to_issue(question, answers, question.answer_count + sum(counts)),
            comments=(
                *(to_answer(each, question) for each in answers),
                *(to_comment(each, question) for each in below),
            ),
            transitions=tuple(to_transitions(question, answers)),
            is_whole=is_whole,
        )

    def _sort_in(self, rows: Rows) -> None:
        values = [_value(row) for row in rows]
        answers = [each for each in values if "answer_id" in each]
        self._take(answers, [each for each in values if "answer_id" not in each])

    def _take(self, answers: Iterable[Any] | None, comments: Iterable[Any] | None) -> None:
        for answer in self._read(answers, AnswerPayload):
            known = self._answers.setdefault(answer.question_id, {})
            known.setdefault(answer.answer_id, answer)
            self._take(None, answer.comments)
        for comment in self._read(comments, CommentPayload):
            self._comments.setdefault(comment.post_id, {})[comment.comment_id] = comment

    def _read(self, values: Iterable[Any] | None, kind: type[Piece]) -> Iterator[Piece]:
        for value in values or ():
            try:
                yield msgspec.convert(value, kind)
            except msgspec.ValidationError:
                self.unreadable += 1


def read_page(replies: Sequence[bytes]) -> Page[IssueRecord]:
    return page_of(Pieces(*(split_object(reply, "items")[0] for reply in replies)))


def page_of(pieces: Pieces) -> Page[IssueRecord]:
    threads = [pieces.thread(question) for question in pieces.questions]
    return Page(
        records=tuple(thread.issue for thread in threads),
        rejected=pieces.page.rejected,
        skipped=pieces.page.skipped,
        repaired=pieces.page.repaired,
        comments=tuple(each for thread in threads for each in thread.comments),
        transitions=tuple(each for thread in threads for each in thread.transitions),
        whole_comments_of=tuple(
            thread.issue.source_issue_id for thread in threads if thread.is_whole
        ),
        notes=(_UNREADABLE,) if pieces.unreadable else (),
    )


def read_question(raw: bytes) -> IssueRecord | RejectedRecord:
    """Map a single raw question."""
    page = page_of(Pieces([raw]))
    return page.records[0] if page.records else page.rejected[0]


def listed_of(page: Page[IssueRecord], rows: Rows) -> Page[CensusEntry]:
    """Convert a page to census entries, including unreadable questions with an id."""
    whole = {record.source_issue_id: record for record in page.records}
    entries = (
        structs.replace(entry, record=whole.get(entry.source_issue_id))
        for entry in _CENSUS.read_rows(rows).records
    )
    return structs.replace(cast("Page[CensusEntry]", page), records=tuple(entries))


def name_rejected(page: Page[Any]) -> Page[Any]:
    """Set the question's id on rejections, so that a later valid version replaces them."""
    if not page.rejected:
        return page
    named = (structs.replace(each, source_id=_name(each)) for each in page.rejected)
    return structs.replace(page, rejected=tuple(named))


def _name(rejected: RejectedRecord) -> str:
    number = read_listed(rejected.raw).question_id
    return rejected.source_id if number is None else str(number)


def _post_id(post: Post) -> int:
    return post.question_id if isinstance(post, QuestionPayload) else post.answer_id


def _value(row: bytes | msgspec.Raw) -> dict[str, Any]:
    try:
        value, _ = load_leniently(bytes(row))
    except (ValueError, OverflowError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
