"""How a change to a repository is written down, and who hears of it."""

from collections.abc import Callable, Mapping
from functools import wraps
from threading import RLock
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from .effects import apply_event
from .model import Comment, Event, Happening, Issue
from .repository import Repository

ME = "hana-forge"
_HEARD_AS = {"issue_type_added": "typed", "issue_type_removed": "untyped"}
"""Events whose webhooks have another name."""
Given = ParamSpec("Given")
Made = TypeVar("Made")
Writing = TypeVar("Writing", bound="Writer")


def alone(
    act: Callable[Concatenate[Writing, Given], Made],
) -> Callable[Concatenate[Writing, Given], Made]:
    """Nobody reads while a change is half done."""

    @wraps(act)
    def locked(self: Writing, /, *args: Given.args, **kwargs: Given.kwargs) -> Made:
        with self.lock:
            return act(self, *args, **kwargs)

    return locked


class Writer:
    """Writes to one repository."""

    def __init__(self, repository: Repository, lock: RLock) -> None:
        self._repository = repository
        self.lock = lock
        self.listener: Callable[[Repository, Happening], None] | None = None

    def _do(self, issue: Issue, event: str, actor: str, **detail: str | None) -> Issue:
        self._happen(issue, event, actor, **detail)
        heard = {name: value for name, value in detail.items() if name != "state_reason"}
        self._tell(_HEARD_AS.get(event, event), issue, actor, **heard)
        return issue

    def _tell(self, action: str, issue: Issue, actor: str, **detail: Any) -> None:
        """Only when a change is complete: what is rendered for listeners is kept for readers."""
        if self.listener is not None:
            self.listener(self._repository, Happening(action, issue, actor, **detail))

    def _happen(self, issue: Issue, event: str, actor: str, **detail: str | None) -> Issue:
        repository = self._repository
        happened = msgspec.convert(
            _known(detail)
            | {
                "id": repository.next_activity_id(),
                "number": issue.number,
                "event": event,
                "actor": actor,
                "created": repository.clock.now(),
            },
            Event,
        )
        repository.record(happened)
        apply_event(issue, happened)
        return issue

    @staticmethod
    def _write(repository: Repository, issue: Issue, *, author: str | None, body: str) -> Comment:
        now = repository.clock.now()
        comment = Comment(repository.next_activity_id(), issue.number, author, body, now, now)
        repository.keep(comment)
        issue.comments += 1
        return comment


def _known(detail: Mapping[str, str | None]) -> dict[str, object]:
    return {name: value for name, value in detail.items() if value is not None}
