"""A simulated Jira as one object: its projects, its tokens, and what tests may do to it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from threading import RLock

import msgspec

from simulator.clock import Clock
from simulator.github.hooks import Hooks
from simulator.web import Outgoing

from .access import Access, Asker, Token
from .changes import Changes
from .history import ProjectPast, Source
from .index import Index
from .limits import Limits
from .link_types import bind
from .model import Gone, Issue, Project
from .people import Accounts
from .search import Search
from .truth import Truth, truth_of
from .webhooks import Webhooks

DEFAULT_PROJECT = "ENG"
DEFAULT_UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
DEFAULT_ZONE = "America/Los_Angeles"
_FIRST_ID = 10_000
_SERVER_FIRST_ID = 310_000
"""A server counts otherwise: who moves to the Cloud keeps the keys and gets other ids."""


class JiraOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a simulated Jira is set up."""

    issues: int = 0
    """In ENG."""
    until: datetime = DEFAULT_UNTIL
    projects: Mapping[str, int] = {}
    """More projects: key -> how many issues."""
    tokens: Sequence[Token] = ()
    zone: str = DEFAULT_ZONE
    """Of accounts that have none of their own."""
    index_lag: float = 0
    """Seconds until a search sees a change."""
    page_cap: int = 100
    """A server's `jira.search.views.default.max`: no page is longer."""
    quota: int | None = None
    """Requests in a burst; None: no limits, and no headers that tell of them."""
    hides_quietly: bool = True
    """A search in a hidden project finds nothing; False: the project does not exist, 400."""


class Jira:
    """The state behind `/jira` or, with `cloud=False`, behind `/jira-dc`."""

    def __init__(self, seed: int, url: str, clock: Clock, options: JiraOptions, *,
                 cloud: bool = True) -> None:  # fmt: skip
        self.seed, self.url, self.clock, self.options = seed, url, clock, options
        self.cloud = cloud
        self.lock = RLock()
        self.access = Access(options.tokens, options.zone)
        self.limits = Limits(clock, options.quota)
        self.accounts = Accounts()
        self.index = Index(clock, options.index_lag)
        self.search = Search(self)
        self.hooks = Hooks()
        self._changes = Changes(self, Webhooks(self).tell)
        self.on_happened: Callable[[Outgoing], None] | None = None
        self.hides_quietly = options.hides_quietly
        self.page_limit: int | None = None
        """A search gives no more rows than this, however many are asked for."""
        self.empty_pages = 0
        """So many of the next searches give an empty page, and a token that leads on from it."""
        self.version = 0
        """Rises with every change: whatever was found before is out of date."""
        self.projects: dict[str, Project] = {}
        self._keys: dict[str, int] = {}
        self.aliases: dict[str, int] = {}
        """Keys of old, of issues that moved."""
        self.gone: dict[int, Gone] = {}
        self._next_id = 3_000_000_000
        own = {DEFAULT_PROJECT: options.issues, "OPS": 12, "EMPTY": 0, "TEAM": 15, "SECRET": 8}
        for key, count in {**own, **options.projects}.items():
            self.add_project(key, count, team_managed=key == "TEAM")
        self.projects["SECRET"].hidden = True

    # --- projects --------------------------------------------------------------------------------

    def add_project(self, key: str, issues: int = 0, *, name: str = "",
                    team_managed: bool = False) -> Project:  # fmt: skip
        with self.lock:
            place = len(self.projects)
            first = (place + 1) * 1_000_000 + (_FIRST_ID if self.cloud else _SERVER_FIRST_ID)
            project = Project(key, 10_000 + place, name or f"{key.title()} project", issues, first,
                              team_managed, next_number=issues + 1)  # fmt: skip
            self.projects[key] = project
            if "issues" in self.__dict__:
                self.issues.update(self._told(project))
            self.version += 1
            return project

    def find_project(self, name: str) -> Project | None:
        """By key, id or name."""
        by_key = self.projects.get(name.upper())
        if by_key:
            return by_key
        same = (p for p in self.projects.values() if str(p.id) == name or p.name == name)
        return next(same, None)

    def project(self, name: str) -> Project:
        project = self.find_project(name)
        if project is None:
            raise LookupError(f"No project {name}; there are {', '.join(self.projects)}")
        return project

    def set_project(self, name: str, *, hidden: bool | None = None,
                    archived: bool | None = None) -> Project:  # fmt: skip
        """Hide a project from accounts, or archive it, or take that back."""
        with self.lock:
            project = self.project(name)
            project.hidden = project.hidden if hidden is None else hidden
            project.archived = project.archived if archived is None else archived
            self.version += 1
            return project

    # --- issues ----------------------------------------------------------------------------------

    @cached_property
    def issues(self) -> dict[int, Issue]:
        """All there are, by id; told when first asked for."""
        told: dict[int, Issue] = {}
        for project in self.projects.values():
            told.update(self._told(project))
        return told

    def _told(self, project: Project) -> dict[int, Issue]:
        source = Source(self.seed, int(self.options.until.timestamp()), self.accounts, self.cloud)
        told = {issue.id: issue for issue in ProjectPast(source, project).issues()}
        bind(project, told)
        self._keys.update((issue.key, issue.id) for issue in told.values())
        return told

    @property
    def keys(self) -> dict[str, int]:
        """Ids by the keys of today; there are none before the issues are told."""
        _ = self.issues
        return self._keys

    def find(self, reference: str | int) -> Issue | None:
        """By id, key or a key of old."""
        text = str(reference).upper()
        if text.isdigit():
            return self.issues.get(int(text))
        issue_id = self.keys.get(text) or self.aliases.get(text)
        return self.issues.get(issue_id) if issue_id else None

    def issue(self, reference: str | int) -> Issue:
        issue = self.find(reference)
        if issue is None:
            raise LookupError(f"There is no issue {reference} (any more)")
        return issue

    def children(self, issue: Issue) -> list[Issue]:
        return [self.issues[child] for child in self._children.get(issue.id, ())]

    @cached_property
    def _children(self) -> dict[int, list[int]]:
        children: dict[int, list[int]] = {}
        for issue in self.issues.values():
            if issue.parent:
                children.setdefault(issue.parent, []).append(issue.id)
        return children

    def neighbours(self, issue: Issue) -> Iterator[Issue]:
        """Issues whose rows show something of this one."""
        ends = {end for link in issue.links for end in (link.source, link.target)}
        for other in {issue.parent or 0, *ends, *self._children.get(issue.id, ())} - {issue.id}:
            if other in self.issues:
                yield self.issues[other]

    def touched(self, issue: Issue) -> None:
        """Something of it changed: whatever was rendered of it and around it is out of date."""
        self.version += 1
        for one in (issue, *self.neighbours(issue)):
            one.version += 1

    def kin_changed(self) -> None:
        """An issue came, went or got another parent."""
        self.__dict__.pop("_children", None)

    def next_id(self) -> int:
        self._next_id += 1
        return self._next_id

    # --- who sees what ---------------------------------------------------------------------------

    def opens(self, project: Project, asker: Asker) -> bool:
        return bool(asker.login) and (asker.sees_all or not project.hidden)

    def shows(self, issue: Issue, asker: Asker) -> bool:
        """Reading it by its id."""
        opened = self.opens(self.projects[issue.project], asker)
        return opened and (asker.sees_all or not issue.hidden)

    def finds(self, issue: Issue, asker: Asker) -> bool:
        """Archived issues are read by id and not found by searching."""
        archived = issue.archived or self.projects[issue.project].archived
        return not archived and self.shows(issue, asker)

    # --- what tests do ---------------------------------------------------------------------------

    def changes(self) -> Changes:
        return self._changes

    def truth(self, project: str = DEFAULT_PROJECT) -> dict[int, Truth]:
        """Every issue of a project (of all with "") by id, also those that are gone."""
        with self.lock:
            return {truth.id: truth for truth in truth_of(self, project)}

    def between_pages(self, path: str, *, after: int, act: Callable[[], object]) -> None:
        """`act` runs once, after the `after`-th answer from now on whose path matches `path`."""
        with self.lock:
            self.hooks.between_pages(path, after=after, act=act)
