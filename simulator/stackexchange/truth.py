"""What is really there: for tests to compare with what a reader made of it."""

from collections.abc import Iterable, Iterator

import msgspec

from .markup import html_of
from .model import Comment, Question
from .render import license_of, link_of
from .site import Site, posts_of


class TruthAnswer(msgspec.Struct, frozen=True):
    id: int
    body: str
    author: str
    score: int
    accepted: bool
    created_at: int
    updated_at: int


class Truth(msgspec.Struct, frozen=True):
    """One question as it is. Texts are plain (the title) and HTML (bodies)."""

    id: int
    title: str
    body: str
    tags: tuple[str, ...]
    author: str
    author_id: int | None
    """None: the account was deleted."""
    link: str
    license: str
    score: int
    created_at: int
    active_at: int
    is_answered: bool
    accepted_answer_id: int | None
    closed_at: int | None
    closed_reason: str | None
    closed_as: tuple[int, ...]
    """The originals that a duplicate was closed for."""
    duplicate_of: int | None
    """Which earlier question asks the same, noticed or not."""
    answers: tuple[TruthAnswer, ...]
    comments: int
    """On the question and on its answers."""


def truth_of(site: Site, tags: Iterable[str]) -> Iterator[Truth]:
    """Every question with all of these tags, oldest first. What was deleted is not there."""
    found = sorted(site.tagged(tags), key=lambda question: question.id)
    return (_truth(site, question) for question in found)


def comments_of(site: Site, tags: Iterable[str]) -> Iterator[Comment]:
    """Those on questions and on answers."""
    for question in site.tagged(tags):
        for post in posts_of(question):
            yield from post.comments


def _truth(site: Site, question: Question) -> Truth:
    closing = question.closing
    return Truth(
        id=question.id,
        title=question.title,
        body=html_of(question.markdown),
        tags=tuple(question.tags),
        author=question.owner.name,
        author_id=question.owner.id,
        link=link_of(site, question),
        license=license_of(question.created),
        score=question.score,
        created_at=question.created,
        active_at=question.active,
        is_answered=question.is_answered,
        accepted_answer_id=question.accepted,
        closed_at=closing.at if closing else None,
        closed_reason=closing.reason if closing else None,
        closed_as=closing.originals if closing else (),
        duplicate_of=question.duplicate_of,
        answers=tuple(_answers(question)),
        comments=sum(len(post.comments) for post in posts_of(question)),
    )


def _answers(question: Question) -> Iterator[TruthAnswer]:
    for answer in question.answers:
        yield TruthAnswer(
            answer.id, html_of(answer.markdown), answer.owner.name, answer.score,
            answer.id == question.accepted, answer.created, answer.changed,
        )  # fmt: skip
