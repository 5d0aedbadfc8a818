"""What GitHub says of a repository, an account, itself, and what is left of the quota."""

from simulator.clock import stamp
from simulator.content.people import Person
from simulator.content.rhythm import DAY, DAYS

from .access import Quota, Token
from .fields import Json, node_id, user_fields
from .repository import Repository
from .state import GitHub, Shelf


def repository_fields(shelf: Shelf, github: GitHub) -> Json:
    repository = shelf.repository
    owner, name = repository.full_name.split("/")
    account = user_fields(Person(owner, 583231), github.api, github.web)
    page = f"{github.web}/{repository.full_name}"
    return {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": account | {"type": "Organization"},
        "html_url": page,
        "description": "Keeps folders in step and finds what is in them.",
        "fork": False,
        "url": shelf.render.here,
        **_addresses(shelf.render.here),
        "created_at": stamp(repository.history.until - DAYS * DAY),
        "updated_at": stamp(repository.history.until),
        "pushed_at": stamp(repository.history.until),
        "git_url": f"{page}.git",
        "ssh_url": f"{page}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "homepage": None,
        "size": 48_211,
        "stargazers_count": 2_140,
        "watchers_count": 2_140,
        "language": "Rust",
        "has_issues": repository.has_issues,
        "has_projects": True,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        **_standing(repository),
    }


_TEMPLATED = {
    "keys_url": "keys{/key_id}",
    "collaborators_url": "collaborators{/collaborator}",
    "issue_events_url": "issues/events{/number}",
    "assignees_url": "assignees{/user}",
    "branches_url": "branches{/branch}",
    "blobs_url": "git/blobs{/sha}",
    "git_tags_url": "git/tags{/sha}",
    "git_refs_url": "git/refs{/sha}",
    "trees_url": "git/trees{/sha}",
    "statuses_url": "statuses/{sha}",
    "commits_url": "commits{/sha}",
    "git_commits_url": "git/commits{/sha}",
    "comments_url": "comments{/number}",
    "issue_comment_url": "issues/comments{/number}",
    "contents_url": "contents/{+path}",
    "compare_url": "compare/{base}...{head}",
    "archive_url": "{archive_format}{/ref}",
    "issues_url": "issues{/number}",
    "pulls_url": "pulls{/number}",
    "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}",
    "labels_url": "labels{/name}",
    "releases_url": "releases{/id}",
}
_PLAIN = (
    "forks", "teams", "hooks", "events", "tags", "languages", "stargazers", "contributors",
    "subscribers", "subscription", "merges", "downloads", "deployments",
)  # fmt: skip


def _addresses(url: str) -> Json:
    plain: Json = {f"{name}_url": f"{url}/{name}" for name in _PLAIN}
    return plain | {name: f"{url}/{path}" for name, path in _TEMPLATED.items()}


def _standing(repository: Repository) -> Json:
    rights = {"admin": False, "maintain": False, "push": False, "triage": True, "pull": True}
    still_open = repository.open_count()
    return {
        "forks_count": 211,
        "forks": 211,
        "watchers": 2_140,
        "network_count": 211,
        "subscribers_count": 64,
        "mirror_url": None,
        "archived": repository.archived,
        "disabled": False,
        "open_issues_count": still_open,
        "open_issues": still_open,
        "license": None,
        "topics": [],
        "visibility": "private" if repository.private else "public",
        "default_branch": "main",
        "permissions": rights,
    }


def viewer(token: Token, github: GitHub) -> Json:
    person = Person(token.login, 1_001_001)
    return user_fields(person, github.api, github.web) | {"name": None, "public_repos": 3}


def meta(github: GitHub) -> Json:
    """Enterprise servers name their version; github.com does not."""
    fields: Json = {"verifiable_password_authentication": False}
    return fields | ({"installed_version": "3.17.2"} if github.options.paging == "number" else {})


def roots(api: str) -> Json:
    return {
        "current_user_url": f"{api}/user",
        "rate_limit_url": f"{api}/rate_limit",
        "repository_url": api + "/repos/{owner}/{repo}",
    }


def rate_limit(core: Quota, search: Quota, *, with_rate: bool) -> Json:
    shown = _left(core)
    resources: Json = {"core": shown, "search": _left(search), "graphql": dict(shown)}
    fields: Json = {"resources": resources}
    return fields | ({"rate": shown} if with_rate else {})


def _left(quota: Quota) -> Json:
    return {
        "limit": quota.limit,
        "used": quota.used,
        "remaining": quota.remaining,
        "reset": quota.resets_at,
    }
