"""JSON of what issues are made of: people, statuses, types, projects."""

from typing import Any
from urllib.parse import quote

import msgspec

from .model import Account, Project
from .scheme import PRIORITIES, RESOLUTIONS, TYPES, Category, Status

Json = dict[str, Any]
_SIZES = {"48x48": 48, "24x24": 24, "16x16": 16, "32x32": 32}


class Flavor(msgspec.Struct, frozen=True):
    """In whose words an answer is given."""

    base: str
    """Scheme, host and path in front of /rest."""
    api: str
    """2 or 3."""
    zone: str
    cloud: bool
    sees_all: bool = False
    """Also neighbours that are hidden from others."""

    @property
    def rest(self) -> str:
        return f"{self.base}/rest/api/{self.api}"

    @property
    def documents(self) -> bool:
        return self.cloud and self.api == "3"


def _avatars(base: str, name: str) -> Json:
    return {size: f"{base}/secure/useravatar?name={name}&s={n}" for size, n in _SIZES.items()}


def user(account: Account, flavor: Flavor) -> Json:
    """In the Cloud without an e-mail address: hardly anybody shows it."""
    if flavor.cloud:
        return {
            "self": f"{flavor.rest}/user?accountId={quote(account.account_id, safe='')}",
            "accountId": account.account_id,
            "avatarUrls": _avatars(flavor.base, account.account_id[-6:]),
            "displayName": account.name,
            "active": account.active,
            "timeZone": account.zone,
            "accountType": "app" if account.app else "atlassian",
        }
    return {
        "self": f"{flavor.rest}/user?username={account.login}",
        "name": account.login,
        "key": account.key,
        "emailAddress": account.email,
        "avatarUrls": _avatars(flavor.base, account.login),
        "displayName": account.name,
        "active": account.active,
        "timeZone": account.zone,
    }


def category(one: Category, flavor: Flavor) -> Json:
    return {
        "self": f"{flavor.rest}/statuscategory/{one.id}", "id": one.id, "key": one.key,
        "colorName": one.color, "name": one.name,
    }  # fmt: skip


def status(one: Status, flavor: Flavor) -> Json:
    return {
        "self": f"{flavor.rest}/status/{one.id}",
        "description": one.description,
        "iconUrl": f"{flavor.base}/images/icons/statuses/generic.png",
        "name": one.name,
        "id": one.id,
        "statusCategory": category(one.category, flavor),
    }


def issue_type(name: str, flavor: Flavor) -> Json:
    one = TYPES[name]
    fields: Json = {
        "self": f"{flavor.rest}/issuetype/{one.id}",
        "id": one.id,
        "description": one.description,
        "iconUrl": f"{flavor.base}/images/icons/issuetypes/{one.name.lower()}.png",
        "name": one.name,
        "subtask": one.subtask,
    }
    return fields | ({"avatarId": 10_300, "hierarchyLevel": one.level} if flavor.cloud else {})


def priority(name: str | None, flavor: Flavor) -> Json | None:
    if name is None:
        return None
    one = PRIORITIES[name]
    return {
        "self": f"{flavor.rest}/priority/{one.id}",
        "iconUrl": f"{flavor.base}/images/icons/priorities/{name.lower()}.svg",
        "name": name,
        "id": one.id,
    }


def resolution(name: str | None, flavor: Flavor) -> Json | None:
    if name is None:
        return None
    one = RESOLUTIONS[name]
    return {
        "self": f"{flavor.rest}/resolution/{one.id}", "id": one.id,
        "description": one.description, "name": name,
    }  # fmt: skip


def component(name: str, flavor: Flavor) -> Json:
    id_ = str(10_000 + sum(name.encode()))
    return {"self": f"{flavor.rest}/component/{id_}", "id": id_, "name": name}


def project(one: Project, flavor: Flavor) -> Json:
    """As issues show it."""
    fields: Json = {
        "self": f"{flavor.rest}/project/{one.id}",
        "id": str(one.id),
        "key": one.key,
        "name": one.name,
        "projectTypeKey": "software",
        "avatarUrls": {
            size: f"{flavor.base}/secure/projectavatar?pid={one.id}&s={n}"
            for size, n in _SIZES.items()
        },
    }
    return fields | ({"simplified": one.team_managed} if flavor.cloud else {})


def sprint(number: int, flavor: Flavor) -> list[Any] | None:
    """Objects in the Cloud; a server writes what Java calls them."""
    if not number:
        return None
    id_, name = 30 + number, f"Sprint {number}"
    if flavor.cloud:
        return [{"id": id_, "name": name, "state": "closed", "boardId": 1, "goal": ""}]
    state = f"id={id_},rapidViewId=1,state=CLOSED,name={name},goal=,sequence={id_}"
    return [f"com.atlassian.greenhopper.service.sprint.Sprint@5f3c[{state}]"]
