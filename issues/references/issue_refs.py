"""References to issues: one name for all spellings.

A tracker is named by its root, the web address of its issues without the scheme: `github.com`,
`acme.atlassian.net`, `example.org/jira`, `stackoverflow.com`. API hosts are not unique: all Stack
Exchange sites share one, and so do all Jira sites behind Atlassian's gateway.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Literal
from urllib.parse import urlsplit

MAX_REF = 600
_MAX_KEY = 300
_DEFAULT_PORTS = {"http": 80, "https": 443}
_WEB_HOSTS = {"api.github.com": "github.com", "www.github.com": "github.com"}
# Page paths below a Jira site's own address.
_BELOW_JIRA = re.compile(
    r"(?:/jira/(?:software|core|servicedesk)(?:/c)?)?/(?:browse|projects|issues|rest)(?:/.*)?$"
)
_ISSUE_OF_GITHUB = re.compile(r"/([\w.-]+/[\w.-]+)/issues/(\d{1,10})(?!\w)", re.ASCII)
_ISSUE_OF_JIRA = re.compile(
    r"(?P<root>(?:/[\w.-]+)*?)(?:/jira/(?:software|core|servicedesk)(?:/c)?)?"
    r"/(?:browse|projects/\w+/issues)/(?P<key>[A-Za-z][A-Za-z0-9_]+-\d{1,10})(?!\w)",
    re.ASCII,
)
_QUESTION = re.compile(r"/(?:questions|q)/(\d{1,12})(?!\w)", re.ASCII)
_STACK_EXCHANGE = re.compile(
    r"(?:[\w.-]+\.)?(?:stackoverflow\.com|stackexchange\.com|superuser\.com|serverfault\.com"
    r"|askubuntu\.com|stackapps\.com|mathoverflow\.net)"
)


@dataclass(frozen=True, slots=True)
class Name:
    """Name of an issue that may or may not be stored."""

    by: Literal["id", "key", "url"]
    root: str
    value: str
    key: str = ""
    """Displayed key."""
    url: str = ""

    @property
    def ref(self) -> str:
        """Build the value of `IssueLink.target_ref`; over-long names use a digest."""
        ref = f"{self.by}:{self.root}:{self.value}" if self.root else f"{self.by}:{self.value}"
        if len(ref) <= MAX_REF:
            return ref
        return f"{self.by}:sha256:{sha256(ref.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Tracker:
    """Connected scope, with the data needed to name its issues."""

    integration_id: int
    provider: str
    base_url: str
    scope: str
    site: str
    """Root with its scheme."""

    @classmethod
    def at(
        cls, integration_id: int, provider: str, base_url: str, scope: str, web_url: str
    ) -> "Tracker":
        return cls(integration_id, provider, base_url, scope, _site(provider, base_url, web_url))

    @property
    def root(self) -> str:
        return self.site.partition("://")[2]

    @property
    def is_known_everywhere(self) -> bool:
        """Return True if its issue addresses are recognised even when not connected."""
        return self.provider == "jira" or _well_known(self.root) == self.provider

    def by_id(self, source_issue_id: str, key: str = "", url: str = "") -> Name:
        if self.provider == "stackoverflow":
            return self._named("id", source_issue_id, key, self._address(source_issue_id))
        address = url or (self._address(self._whole(key)) if key else "")
        return self._named("id", source_issue_id, self._whole(key), address)

    def by_key(self, key: str, url: str = "") -> Name:
        whole = self._whole(key)
        # GitHub names are case-insensitive.
        value = whole.lower() if self.provider == "github" else whole
        return self._named("key", value, whole, url or self._address(whole))

    def _named(self, by: Literal["id", "key"], value: str, key: str, url: str) -> Name:
        return Name(by, self.root, value, key[:_MAX_KEY], url)

    def _whole(self, key: str) -> str:
        """Qualify `#5` with its repository."""
        return f"{self.scope}{key}" if key.startswith("#") and self.provider == "github" else key

    def _address(self, key: str) -> str:
        match self.provider:
            case "github":
                return f"{self.site}/{key.replace('#', '/issues/')}"
            case "jira":
                return f"{self.site}/browse/{key}"
            case "stackoverflow":
                return f"{self.site}/questions/{key}"
        return ""


class Trackers:
    """Connected scopes of a project, used to recognise and look up names.

    `own` is the reporting scope: names without a tracker refer to it.
    """

    def __init__(self, own: Tracker, connected: Iterable[Tracker]) -> None:
        self.own = own
        others = [tracker for tracker in connected if tracker.integration_id != own.integration_id]
        self.all: tuple[Tracker, ...] = (own, *others)

    def of_address(self, url: str) -> Name | None:
        """Return the issue named by an address, or None."""
        host, path, scheme = _split(url)
        if not host:
            return None
        kind = self._kinds.get(host) or _well_known(host)
        if kind == "github":
            found = _ISSUE_OF_GITHUB.match(path)
            return self.of_repository(found[1], found[2], host) if found else None
        if kind == "stackoverflow":
            found = _QUESTION.match(path)
            return _elsewhere(kind, f"{scheme}://{host}").by_id(found[1]) if found else None
        found = _ISSUE_OF_JIRA.match(path)
        if found is None:
            return None
        return self._jira(f"{scheme}://{host}{found['root']}").by_key(found["key"].upper())

    def of_url(self, url: str) -> Name:
        """Return the issue named by an address, or the address itself."""
        return self.of_address(url) or Name("url", "", normalise(url), "", url)

    def of_repository(self, repository: str, number: str, host: str = "") -> Name:
        """Name `owner/name#5`, at the default GitHub if no host is given."""
        root = host or self._github_root
        site = self._sites.get(root, f"https://{root}")
        return _elsewhere("github", site).by_key(f"{repository}#{number}")

    def of_key(self, key: str) -> Name | None:
        """Name `ABC-12` of a connected Jira project; None if unknown or ambiguous."""
        projects = self._jira_projects.get(key.rpartition("-")[0], [])
        own = [tracker for tracker in projects if tracker.root == self.own.root]
        candidates = own or projects
        if len({tracker.root for tracker in candidates}) != 1:
            return None
        return candidates[0].by_key(key)

    def places(self, name: Name) -> list[tuple[int, str]]:
        """List integration and key (or id) pairs under which the issue may be stored."""
        there = [tracker for tracker in self.all if tracker.root == name.root]
        if name.by == "id":
            return [(tracker.integration_id, name.value) for tracker in there]
        if name.by == "url":
            return []
        scope, hash_, number = name.value.rpartition("#")
        if hash_:
            return [(t.integration_id, f"#{number}") for t in there if t.scope.lower() == scope]
        return [(tracker.integration_id, name.value) for tracker in there]

    def sibling_scopes(self) -> tuple[Tracker, ...]:
        """Return the other scopes of the same tracker; issues can move between them."""
        same = (self.own.provider, self.own.base_url)
        return tuple(t for t in self.all[1:] if (t.provider, t.base_url) == same)

    @cached_property
    def jira_prefixes(self) -> tuple[str, ...]:
        return tuple(sorted(f"{project}-" for project in self._jira_projects))

    @cached_property
    def _jira_projects(self) -> dict[str, list[Tracker]]:
        found: dict[str, list[Tracker]] = {}
        for tracker in self.all:
            if tracker.provider == "jira" and re.fullmatch(r"\w+", tracker.scope):
                found.setdefault(tracker.scope, []).append(tracker)
        return found

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """Map hosts to providers that use a whole host."""
        return {t.root: t.provider for t in self.all if t.provider in ("github", "stackoverflow")}

    @cached_property
    def _sites(self) -> dict[str, str]:
        return {tracker.root: tracker.site for tracker in self.all}

    @cached_property
    def _github_root(self) -> str:
        if self.own.provider == "github":
            return self.own.root
        roots = {tracker.root for tracker in self.all if tracker.provider == "github"}
        return roots.pop() if len(roots) == 1 else "github.com"

    def _jira(self, site: str) -> Tracker:
        root = site.partition("://")[2]
        return _elsewhere("jira", self._sites.get(root, site))


def normalise(url: str) -> str:
    """Normalise an address: no scheme, fragment or trailing slash."""
    host, path, _ = _split(url)
    return f"{host}{path}" if host else url


def _elsewhere(provider: str, site: str) -> Tracker:
    return Tracker(0, provider, "", "", site)


def _site(provider: str, base_url: str, web_url: str) -> str:
    # For a Jira behind the gateway, the site's address follows `#` in the API address.
    address = web_url or base_url.partition("#")[2] or base_url
    host, path, scheme = _split(address)
    below = _BELOW_JIRA.sub("", path).rstrip("/") if provider == "jira" else ""
    return f"{scheme}://{host}{below}"


def _split(url: str) -> tuple[str, str, str]:
    """Split into normalised host, path with query, and scheme; empty if invalid."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "", "", ""
    if not host or parts.scheme not in _DEFAULT_PORTS:
        return "", "", ""
    if port and port != _DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return _WEB_HOSTS.get(host, host), parts.path.rstrip("/") + query, parts.scheme


def _well_known(host: str) -> str:
    if host == "github.com":
        return "github"
    return "stackoverflow" if _STACK_EXCHANGE.fullmatch(host) else ""
