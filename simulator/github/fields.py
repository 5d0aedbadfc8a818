"""The small parts of GitHub's JSON that many records share."""

from base64 import b64encode
from urllib.parse import quote

from simulator.content.people import Person

from .labels import TYPES, label_named
from .relations import Summary

_NO_REACTIONS = ("-1", "laugh", "hooray", "confused")
Json = dict[str, object]


def node_id(kind: str, number: int) -> str:
    return kind + "_" + b64encode(number.to_bytes(9, "big")).decode().replace("/", "_")


def label_fields(name: str, repository_id: int, here: str) -> Json:
    label = label_named(name)
    id_ = repository_id * 10 + sum(name.encode()) * 97
    return {
        "id": id_,
        "node_id": node_id("LA", id_),
        "url": f"{here}/labels/{quote(name)}",
        "name": name,
        "color": label.color,
        "default": label.default,
        "description": label.description,
    }


def type_fields(name: str) -> Json | None:
    if not name:
        return None
    color, description = TYPES[name]
    id_ = 20_000_000 + sum(name.encode())
    return {
        "id": id_,
        "node_id": node_id("IT", id_),
        "name": name,
        "description": description,
        "color": color,
        "created_at": "2024-01-25T11:26:33Z",
        "updated_at": "2024-10-10T21:03:35Z",
        "is_enabled": True,
    }


def reactions(url: str, hearts: int) -> Json:
    thumbs = hearts - hearts // 3
    return {
        "url": f"{url}/reactions",
        "total_count": hearts,
        "+1": thumbs,
        **dict.fromkeys(_NO_REACTIONS, 0),
        "heart": hearts // 3,
        "rocket": 0,
        "eyes": 0,
    }


def relation_fields(relations: Summary, here: str) -> Json:
    """Only a sub-issue names its parent."""
    parts, done = relations.parts, relations.parts_done
    percent = 100 * done // parts if parts else 0
    fields: Json = {
        "sub_issues_summary": {"total": parts, "completed": done, "percent_completed": percent},
        "issue_dependencies_summary": {
            "blocked_by": relations.blocked_by, "total_blocked_by": relations.total_blocked_by,
            "blocking": relations.blocking, "total_blocking": relations.total_blocking,
        },
    }  # fmt: skip
    parent = f"{here}/issues/{relations.parent}"
    return fields | ({"parent_issue_url": parent} if relations.parent else {})


def user_fields(person: Person, api: str, web: str) -> Json:
    url = f"{api}/users/{quote(person.login)}"
    return {
        "login": person.login,
        "id": person.id,
        "node_id": node_id("BOT" if person.bot else "U", person.id),
        "avatar_url": f"{web}/avatars/u/{person.id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{web}/{'apps/' if person.bot else ''}{person.login.removesuffix('[bot]')}",
        "followers_url": f"{url}/followers",
        "following_url": url + "/following{/other_user}",
        "gists_url": url + "/gists{/gist_id}",
        "starred_url": url + "/starred{/owner}{/repo}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": url + "/events{/privacy}",
        "received_events_url": f"{url}/received_events",
        "type": "Bot" if person.bot else "User",
        "user_view_type": "public",
        "site_admin": False,
    }
