"""How long a statement may take, by who waits for it, and what is raised when it takes longer.

A process has one kind of work and its limit (`work_as`). A shorter one holds for a block of code
(`within`). After it the statement is cancelled; where nothing is heard for `GRACE_SECONDS` more,
the connection is closed (`diip/common/database/postgresql/base.py`).
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
"""From the end of the limit until the connection is closed."""
LOOK_SECONDS = 0.5
"""How often is looked, while a statement runs, whether anybody waits for it still."""


class Work(StrEnum):
    """What a process does for a living."""

    WEB = "web"
    WORKER = "worker"
    COMMAND = "command"
    """Migrations and other commands: no limit."""


class TookTooLong(OperationalError):
    """A statement was ended: it ran longer than whoever waits for it may wait."""


_work = Work.COMMAND
_ends: ContextVar[float | None] = ContextVar("statements_end", default=None)
_is_given_up: ContextVar[Callable[[], bool] | None] = ContextVar("is_given_up", default=None)


def work_as(work: Work) -> None:
    """For the whole process, and those it forks."""
    global _work  # noqa: PLW0603 - one word a process
    _work = work


def kind_of_work() -> Work:
    return _work


def process_limit() -> float | None:
    """Seconds a statement of this process may take; None: as long as it likes."""
    return settings.DIIP_STATEMENT_SECONDS.get(_work)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All statements inside together; a limit around it that ends sooner stays."""
    own, outer = monotonic() + seconds, _ends.get()
    token = _ends.set(own if outer is None else min(own, outer))
    try:
        yield
    finally:
        _ends.reset(token)


@contextmanager
def unless(is_given_up: Callable[[], bool]) -> Iterator[None]:
    """A statement inside is ended too when nobody waits for its answer any more."""
    token = _is_given_up.set(is_given_up)
    try:
        yield
    finally:
        _is_given_up.reset(token)


def can_be_given_up() -> bool:
    return _is_given_up.get() is not None


def is_given_up() -> bool:
    asked = _is_given_up.get()
    return asked is not None and asked()


def seconds_left() -> float | None:
    """How long the next statement may take; None: as long as it likes."""
    ends = _ends.get()
    if ends is None:
        return process_limit()
    left = max(0.0, ends - monotonic())
    limit = process_limit()
    return left if limit is None else min(left, limit)


class LimitedMixin(BaseDatabaseWrapper):
    """For a wrapper that can tell whether a statement was ended by its limit."""

    def was_ended(self, error: BaseException) -> bool:
        raise NotImplementedError

    @cached_property
    def wrap_database_errors(self) -> "_ErrorWrapper":
        return _ErrorWrapper(self)


class _ErrorWrapper(DatabaseErrorWrapper):
    """Django's own, with one kind more."""

    wrapper: LimitedMixin

    def __exit__(self, kind, error, traceback):  # type: ignore[no-untyped-def]
        if error is not None and self.wrapper.was_ended(error):
            self.wrapper.errors_occurred = True
            told = f"the statement was stopped at its limit ({error})"
            raise TookTooLong(told).with_traceback(traceback) from error
        super().__exit__(kind, error, traceback)
