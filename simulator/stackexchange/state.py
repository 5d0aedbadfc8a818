"""The simulated Stack Exchange as one object: its sites, its limits, what tests may do to it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from threading import RLock

import msgspec

from simulator.clock import Clock
from simulator.github.hooks import Hooks

from .archive import Archive
from .changes import Changes
from .limits import Limits
from .model import Comment
from .site import Site
from .truth import Truth, comments_of, truth_of

DEFAULT_SITE = "stackoverflow"
DEFAULT_UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
_SITES = {
    "stackoverflow": ("Stack Overflow", "https://stackoverflow.com"),
    "serverfault": ("Server Fault", "https://serverfault.com"),
}


class StackExchangeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the simulated Stack Exchange is set up."""

    questions: int = 300
    """On Stack Overflow; a fifth of it on Server Fault."""
    until: datetime = DEFAULT_UNTIL
    quota: int = 300
    keyed_quota: int = 10_000
    keys: Sequence[str] = ()
    """Empty: every key is good."""


class StackExchange:
    """The state behind `/stackexchange`."""

    def __init__(self, seed: int, web: str, options: StackExchangeOptions, clock: Clock) -> None:
        """`web`: where the simulated GitHub lies that bodies link to."""
        self.options, self.clock, self.lock = options, clock, RLock()
        self.limits = Limits(clock, options.quota, options.keyed_quota)
        self.hooks = Hooks()
        until = int(options.until.timestamp())
        self.sites: dict[str, Site] = {}
        for name, (title, address) in _SITES.items():
            count = options.questions if name == DEFAULT_SITE else options.questions // 5
            self.sites[name] = Site(name, title, address, Archive(seed, name, count, until, web))

    def site(self, name: str = DEFAULT_SITE) -> Site:
        """KeyError where there is none. `stackoverflow.com` is `stackoverflow`, as with the real
        one."""
        return self.sites[name.lower().removesuffix(".com")]

    def changes(self, site: str = DEFAULT_SITE) -> Changes:
        return Changes(self.site(site), self.clock, self.lock)

    def change(self, action: str, number: int | None = None, *, site: str = DEFAULT_SITE,
               **detail: object) -> object:  # fmt: skip
        """Carry out one of `changes.Changes` by name; returns what it made."""
        act = getattr(self.changes(site), action)
        return act(**detail) if number is None else act(number, **detail)

    def between_pages(self, path: str, *, after: int, act: Callable[[], object]) -> None:
        """`act` runs once, after the `after`-th answer from now on whose path matches `path`."""
        with self.lock:
            self.hooks.between_pages(path, after=after, act=act)

    def backoff(self, method: str = "", *, seconds: int = 10, after: int = 1,
                times: int | None = 1) -> None:  # fmt: skip
        """The `after`-th answer of a method (`/questions`, `/questions/{ids}/answers`; "": any)
        asks to be left alone for `seconds`."""
        with self.lock:
            self.limits.order(method, seconds, after=after, times=times)

    # --- the truth -------------------------------------------------------------------------------

    def truth(self, tags: Sequence[str] = (), site: str = DEFAULT_SITE) -> dict[int, Truth]:
        """Every question with all of these tags, by id, oldest first."""
        return {truth.id: truth for truth in truth_of(self.site(site), tags)}

    def comments(self, tags: Sequence[str] = (), site: str = DEFAULT_SITE) -> Iterator[Comment]:
        return comments_of(self.site(site), tags)
