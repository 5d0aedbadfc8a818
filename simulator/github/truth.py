"""What is really there: for tests to compare with what a reader made of it."""

from collections.abc import Iterator

import msgspec

from .model import Comment, Event, Gone
from .repository import Repository


class Truth(msgspec.Struct, frozen=True):
    """One issue as it is; `gone` says why it is no longer there."""

    id: int
    number: int
    state: str
    state_reason: str | None
    title: str
    body: str | None
    author: str | None
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    type: str
    comments: int
    created_at: int
    updated_at: int
    closed_at: int | None
    duplicate_of: int | None
    gone: Gone | None = None


def truth_of(repository: Repository) -> Iterator[Truth]:
    """Issues only: a pull request is none, also one that was an issue before."""
    last = repository.history.count + 1
    numbers = [*range(1, last), *(n for n in repository.changed if n >= last)]
    for number in sorted({*numbers, *repository.gone}):
        truth = _truth(repository, number)
        if truth:
            yield truth


def _truth(repository: Repository, number: int) -> Truth | None:
    gone = repository.gone.get(number)
    issue = gone.issue if gone and gone.issue else repository.issue(number)
    if issue.is_pull:
        return None
    return Truth(
        issue.id, issue.number, issue.state, issue.state_reason, issue.title, issue.body,
        issue.author, tuple(issue.labels), tuple(issue.assignees), issue.type, issue.comments,
        issue.created, issue.updated, issue.closed, issue.duplicate_of, gone,
    )  # fmt: skip


def comments_of(repository: Repository) -> Iterator[Comment]:
    """All comments of issues that are there."""
    for truth in truth_of(repository):
        if truth.gone is None:
            yield from repository.comments_of(truth.number)


def events_of(repository: Repository) -> Iterator[Event]:
    """All events of issues that are there."""
    for truth in truth_of(repository):
        if truth.gone is None:
            yield from repository.events_of(truth.number)
