"""What the simulated Stack Exchange knows of a question, an answer and a comment."""

import msgspec


class Owner(msgspec.Struct, frozen=True):
    """Who wrote something; without an id where the account was deleted."""

    name: str
    id: int | None = None
    reputation: int = 1


class Comment(msgspec.Struct):
    id: int
    post_id: int
    owner: Owner
    markdown: str
    created: int
    score: int = 0
    edited: bool = False


class Post(msgspec.Struct, kw_only=True):
    """What questions and answers have in common."""

    id: int = 0
    owner: Owner
    markdown: str
    created: int
    edited: int | None = None
    score: int = 0
    comments: list[Comment] = []
    community: int | None = None
    """Since when it belongs to everybody (a wiki)."""
    locked: int | None = None

    @property
    def changed(self) -> int:
        return max(self.created, self.edited or 0)


class Answer(Post, kw_only=True):
    question_id: int = 0


class Closing(msgspec.Struct, frozen=True):
    at: int
    reason: str
    by: tuple[Owner, ...] = ()
    originals: tuple[int, ...] = ()
    """Of a duplicate: the ids of the questions it repeats."""


class Bounty(msgspec.Struct, frozen=True):
    amount: int
    until: int
    by: Owner


class Migration(msgspec.Struct, frozen=True):
    at: int
    question_id: int
    """On the other site."""


class Question(Post, kw_only=True):
    title: str
    tags: list[str]
    views: int = 0
    active: int = 0
    """`last_activity_date`. Asking, answering and editing move it. Comments, votes, accepting,
    closing, reopening and migrating do not: who reads by activity alone never hears of those."""
    accepted: int | None = None
    answers: list[Answer] = []
    closing: Closing | None = None
    bounty: Bounty | None = None
    migration: Migration | None = None
    protected: int | None = None
    duplicate_of: int | None = None
    """The truth, also where nobody closed it."""

    @property
    def is_answered(self) -> bool:
        """An accepted answer or one with a positive score: an answer alone is not enough."""
        return self.accepted is not None or any(answer.score > 0 for answer in self.answers)
