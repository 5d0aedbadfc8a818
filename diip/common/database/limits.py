"""Time limits of database statements, by process and by block of code.

Each process has one kind of work with a limit (`work_as`); `within` sets a shorter limit for a
block. At the limit the statement is cancelled. If the server does not respond for
`GRACE_SECONDS` more, the connection is closed (`diip/common/database/postgresql/base.py`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from time import monotonic

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DatabaseErrorWrapper, OperationalError
from django.utils.functional import cached_property

GRACE_SECONDS = 2.0
"""Time between the limit and closing the connection."""
LOOK_SECONDS = 0.5
"""Interval of checks, during a statement, whether the client is still connected."""


class Work(StrEnum):
    """Kind of work of a process."""

    WEB = "web"
    WORKER = "worker"
    COMMAND = "command"
    """Migrations and other commands, without a limit."""


class TookTooLong(OperationalError):
    """Statement cancelled at its time limit."""


_work = Work.COMMAND
_ends: ContextVar[float | None] = ContextVar("statements_end", default=None)
_is_given_up: ContextVar[Callable[[], bool] | None] = ContextVar("is_given_up", default=None)


def work_as(work: Work) -> None:
    """Set the kind of work of this process and its forks."""
    global _work  # noqa: PLW0603 - one value per process
    _work = work


def kind_of_work() -> Work:
    return _work


def process_limit() -> float | None:
    """Return the limit of this process in seconds per statement; None: unlimited."""
    return settings.DIIP_STATEMENT_SECONDS.get(_work)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Limit all statements of the block together; an earlier outer limit stays in force."""
    own, outer = monotonic() + seconds, _ends.get()
    token = _ends.set(own if outer is None else min(own, outer))
    try:
        yield
    finally:
        _ends.reset(token)


@contextmanager
def unless(is_given_up: Callable[[], bool]) -> Iterator[None]:
    """Cancel statements of the block once `is_given_up` returns True."""
    token = _is_given_up.set(is_given_up)
    try:
        yield
    finally:
        _is_given_up.reset(token)


def can_be_given_up() -> bool:
    return _is_given_up.get() is not None


def is_given_up() -> bool:
    condition = _is_given_up.get()
    return condition is not None and condition()


def seconds_left() -> float | None:
    """Return the limit of the next statement in seconds; None: unlimited."""
    ends = _ends.get()
    if ends is None:
        return process_limit()
    left = max(0.0, ends - monotonic())
    limit = process_limit()
    return left if limit is None else min(left, limit)


class LimitedMixin(BaseDatabaseWrapper):
    """Wrapper that raises TookTooLong for statements cancelled at their limit."""

    def was_ended(self, error: BaseException) -> bool:
        raise NotImplementedError

    @cached_property
    def wrap_database_errors(self) -> "_ErrorWrapper":
        return _ErrorWrapper(self)


class _ErrorWrapper(DatabaseErrorWrapper):
    """Django's error wrapper with TookTooLong added."""

    wrapper: LimitedMixin

    def __exit__(self, kind, error, traceback):  # type: ignore[no-untyped-def]
        if error is not None and self.wrapper.was_ended(error):
            self.wrapper.errors_occurred = True
            message = f"the statement was cancelled at its time limit ({error})"
            raise TookTooLong(message).with_traceback(traceback) from error
        super().__exit__(kind, error, traceback)
