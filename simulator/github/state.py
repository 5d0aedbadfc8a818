"""The simulated GitHub as one object: its repositories, its tokens, and what tests may do to it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from threading import RLock

import msgspec

from simulator.clock import Clock
from simulator.content.rhythm import Rhythm

from .access import Access, Token
from .changes import Changes
from .feeds import Feeds
from .history import History
from .hooks import Hooks
from .lists import IssueLists
from .model import Happening
from .render import Renderer
from .repository import Repository
from .truth import Truth, truth_of

DEFAULT_REPOSITORY = "octo/engine"
DEFAULT_UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
"""Where histories end unless told otherwise: fixed, so that a seed always gives the same bytes."""


class GitHubOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the simulated GitHub is set up."""

    until: datetime = DEFAULT_UNTIL
    repositories: Mapping[str, int] = {}
    """More repositories: full name -> how many issues and pull requests."""
    pull_share: float = 0.25
    paging: str = "cursor"
    """`cursor`, as github.com; `number`, as older GitHub Enterprise: positions shift."""
    tokens: Sequence[Token] = ()
    quota: int | None = 5000
    anonymous_quota: int = 60


class Shelf:
    """One repository with everything that serves it."""

    def __init__(self, repository: Repository, lock: RLock, api: str, web: str) -> None:
        self.repository = repository
        self.changes = Changes(repository, lock)
        self.lists = IssueLists(repository)
        self.feeds = Feeds(repository)
        self.render = Renderer(repository, api, web)


class GitHub:
    """The state behind `/github`. Names are `owner/name`."""

    def __init__(
        self, seed: int, issues: int, web: str, options: GitHubOptions, clock: Clock
    ) -> None:
        self.seed, self.web, self.api = seed, web, f"{web}/github"
        self.options, self.clock = options, clock
        self.lock = RLock()
        self.access = Access(
            clock, options.tokens, quota=options.quota, anonymous_quota=options.anonymous_quota
        )
        self.hooks = Hooks()
        self.renamed: dict[str, int] = {}
        """Names of old, and the id of the repository each belonged to."""
        self._heard: Callable[[Repository, Happening], None] | None = None
        self._on_rename: Callable[[Shelf, str], None] = lambda shelf, before: None
        self._shelves: dict[str, Shelf] = {}
        for name, count in {
            DEFAULT_REPOSITORY: issues, "octo/private": 40, "octo/empty": 0, "octo/no-issues": 0,
            "octo/attic": 25,
        }.items() | dict(options.repositories).items():  # fmt: skip
            self.add_repository(name, count)
        self.renamed["octo/old-engine"] = self.repository(DEFAULT_REPOSITORY).id
        self.repository("octo/private").private = True
        self.repository("octo/attic").archived = True
        self.repository("octo/no-issues").has_issues = False

    # --- repositories ----------------------------------------------------------------------------

    def add_repository(self, name: str, issues: int, *, private: bool = False) -> Repository:
        until = int(self.options.until.timestamp())
        rhythm = Rhythm(self.seed, name, issues, until)
        history = History(self.seed, name, rhythm, self.options.pull_share)
        repository = Repository(name, history, self.clock)
        repository.private = private
        shelf = self._shelves[name.lower()] = Shelf(repository, self.lock, self.api, self.web)
        shelf.changes.listener = self._heard
        return repository

    def listen(self, heard: Callable[[Repository, Happening], None],
               renamed: Callable[[Shelf, str], None]) -> None:  # fmt: skip
        """Tell one listener of every change, and of new names."""
        self._heard, self._on_rename = heard, renamed
        for shelf in self._shelves.values():
            shelf.changes.listener = heard

    def repository(self, name: str) -> Repository:
        return self.shelf(name).repository

    def shelf(self, name: str) -> Shelf:
        """KeyError where there is none of that name."""
        return self._shelves[name.lower()]

    def shelf_by_id(self, repository_id: int) -> Shelf | None:
        found = (s for s in self._shelves.values() if s.repository.id == repository_id)
        return next(found, None)

    def names(self) -> list[str]:
        return [shelf.repository.full_name for shelf in self._shelves.values()]

    def rename(self, name: str, *, to: str) -> None:
        """The old name answers 301 from now on."""
        with self.lock:
            shelf = self._shelves.pop(name.lower())
            shelf.repository.full_name = to
            shelf.repository.version += 1
            shelf.render.forget()
            self._shelves[to.lower()] = shelf
            self.renamed[name.lower()] = shelf.repository.id
            self._on_rename(shelf, name)

    # --- changes ---------------------------------------------------------------------------------

    def change(
        self, repository: str, action: str, number: int | None = None, **detail: object
    ) -> object:
        """Carry out one of `github_changes.Changes` by name; returns what it made."""
        with self.lock:
            if action == "transfer":
                detail["to"] = self.repository(str(detail["to"]))
            changes = self.shelf(repository).changes
            act = getattr(changes, action)
            return act(**detail) if number is None else act(number, **detail)

    def changes(self, repository: str = DEFAULT_REPOSITORY) -> Changes:
        return self.shelf(repository).changes

    def between_pages(self, path: str, *, after: int, act: Callable[[], object]) -> None:
        """`act` runs once, after the `after`-th answer from now on whose path matches `path`."""
        with self.lock:
            self.hooks.between_pages(path, after=after, act=act)

    # --- the truth -------------------------------------------------------------------------------

    def truth(self, repository: str = DEFAULT_REPOSITORY) -> dict[int, Truth]:
        """Every issue (no pull requests) by id, also those that are gone."""
        return {truth.id: truth for truth in self.each_truth(repository)}

    def each_truth(self, repository: str = DEFAULT_REPOSITORY) -> Iterator[Truth]:
        return truth_of(self.repository(repository))
