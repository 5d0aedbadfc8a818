"""Structures of Stack Exchange's JSON, limited to the fields in use.

https://api.stackexchange.com/docs/types/question
"""

from typing import Annotated, Any

import msgspec

Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Epoch = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Owner(msgspec.Struct):
    user_id: int | None = None
    """Id of the account; missing if it was deleted, -1 for the community account."""
    display_name: str | None = None
    user_type: str | None = None
    link: str | None = None


class CommentPayload(msgspec.Struct):
    comment_id: Id
    post_id: Id
    creation_date: Epoch
    owner: Owner | None = None
    body: str | None = None
    body_markdown: str | None = None
    link: str | None = None


class AnswerPayload(msgspec.Struct):
    answer_id: Id
    question_id: Id
    creation_date: Epoch
    last_activity_date: Epoch | None = None
    owner: Owner | None = None
    body: str | None = None
    body_markdown: str | None = None
    link: str | None = None
    comment_count: Count | None = None
    comments: list[Any] | None = None


class Original(msgspec.Struct):
    question_id: Id


class ClosedDetails(msgspec.Struct):
    original_questions: list[Original] | None = None


class Present(msgspec.Struct):
    """Any object; only its presence matters."""


class QuestionPayload(msgspec.Struct):
    question_id: Id
    title: str
    creation_date: Epoch
    last_activity_date: Epoch
    link: str | None = None
    tags: list[str] | None = None
    owner: Owner | None = None
    body: str | None = None
    body_markdown: str | None = None
    answer_count: Count = 0
    comment_count: Count | None = None
    answers: list[Any] | None = None
    comments: list[Any] | None = None
    accepted_answer_id: Id | None = None
    closed_date: Epoch | None = None
    closed_reason: str | None = None
    closed_details: ClosedDetails | None = None
    migrated_to: Present | None = None


class Listed(msgspec.Struct):
    """Ids and sort dates of a row; None where unreadable."""

    question_id: Id | None = None
    answer_id: Id | None = None
    comment_id: Id | None = None
    creation_date: Epoch | None = None
    last_activity_date: Epoch | None = None


class CensusPayload(msgspec.Struct):
    question_id: Id
    last_activity_date: Epoch | None = None


class TotalPayload(msgspec.Struct):
    total: Count


class Wrapper(msgspec.Struct):
    """Wrapper of every reply; https://api.stackexchange.com/docs/wrapper"""

    has_more: Any = None
    backoff: Any = None
    quota_max: Any = None
    quota_remaining: Any = None
    error_id: Any = None


class TagPayload(msgspec.Struct):
    name: str


class FilterPayload(msgspec.Struct):
    filter: str
    filter_type: str = ""
