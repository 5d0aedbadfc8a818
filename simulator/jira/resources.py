"""Endpoints that the Cloud and a server have in common."""

from simulator.web import Reply

from . import parts
from .edits import EPIC_FIELD, FLAG_FIELD, SPRINT_FIELD
from .field_selection import wanted
from .fields import FIELDS
from .model import Project
from .parts import Json
from .request_context import (
    Visit,
    answer,
    issue_of,
    number,
    project_of,
    query_lists,
    refusal,
    text,
    texts,
)
from .scheme import CATEGORIES, LINK_TYPES, PRIORITIES, RESOLUTIONS, STATUSES, TYPES

UNAUTHENTICATED = "Client must be authenticated to access this resource."
_VERSION = {True: "1001.0.0-SNAPSHOT", False: "10.3.6"}


def myself(visit: Visit) -> Reply:
    account = visit.jira.accounts.named(visit.asker.login)
    mine: Json = {
        "emailAddress": account.email,
        "timeZone": visit.asker.zone,
        "locale": "en_US",
        "groups": {"size": 1, "items": []},
        "applicationRoles": {"size": 1, "items": []},
        "expand": "groups,applicationRoles",
    }
    return answer(parts.user(account, visit.render.flavor) | mine)


def server_info(visit: Visit) -> Reply:
    """Open to everybody; the one place that says which kind of Jira this is."""
    cloud = visit.jira.cloud
    return answer({
        "baseUrl": visit.jira.url,
        "version": _VERSION[cloud],
        "versionNumbers": [1001, 0, 0] if cloud else [10, 3, 6],
        "deploymentType": "Cloud" if cloud else "Server",
        "buildNumber": 100_283 if cloud else 10_030_006,
        "buildDate": visit.render.at(1_762_000_000_000),
        "serverTime": visit.render.at(int(visit.jira.clock.exact() * 1000)),
        "scmInfo": "5f3c1d",
        "serverTitle": "Jira" if cloud else "Jira of our own",
    })  # fmt: skip


def project(visit: Visit, name: str) -> Reply:
    found = project_of(visit, name)
    flavor = visit.render.flavor
    issues = (issue for issue in visit.jira.issues.values() if issue.project == found.key)
    names = dict.fromkeys(name for issue in issues for name in issue.components)
    fields = parts.project(found, flavor) | {
        "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
        "description": "",
        "lead": visit.render.user("hana-forge"),
        "components": [parts.component(component, flavor) for component in names],
        "issueTypes": [parts.issue_type(type_, flavor) for type_ in TYPES],
        "assigneeType": "UNASSIGNED",
        "versions": [],
        "roles": {},
        "archived": found.archived,
    }
    return answer(fields | (_cloud_fields(found) if flavor.cloud else {}))


def _cloud_fields(found: Project) -> Json:
    return {
        "style": "next-gen" if found.team_managed else "classic", "isPrivate": found.hidden,
        "properties": {},
    }  # fmt: skip


def project_statuses(visit: Visit, name: str) -> Reply:
    flavor = visit.render.flavor
    statuses = [parts.status(one, flavor) for one in project_of(visit, name).statuses.values()]
    return answer([parts.issue_type(type_, flavor) | {"statuses": statuses} for type_ in TYPES])


def projects(visit: Visit) -> Reply:
    jira, flavor = visit.jira, visit.render.flavor
    seen = [parts.project(p, flavor) for p in jira.projects.values() if jira.opens(p, visit.asker)]
    return answer(seen, rows=len(seen))


def projects_page(visit: Visit) -> Reply:
    values = query_lists(visit.request)
    start = max(number(visit, values, "startAt", 0), 0)
    most = number(visit, values, "maxResults", 50)
    jira, flavor = visit.jira, visit.render.flavor
    seen = [p for p in jira.projects.values() if jira.opens(p, visit.asker)]
    page = [parts.project(p, flavor) for p in seen[start : start + most]]
    return answer({
        "self": f"{flavor.rest}/project/search", "maxResults": most, "startAt": start,
        "total": len(seen), "isLast": start + most >= len(seen), "values": page,
    }, rows=len(page))  # fmt: skip


def issue(visit: Visit, reference: str) -> Reply:
    found = issue_of(visit, reference)
    values = query_lists(visit.request)
    asked = wanted(texts(values, "fields"), text(values, "expand"), default="all", whole=True)
    return answer(visit.render.row(found, asked), rows=1)


def comments(visit: Visit, reference: str) -> Reply:
    """In the Cloud at most 100 at a time; a server gives all unless told otherwise."""
    values = query_lists(visit.request)
    order = text(values, "orderBy").strip()
    if "orderBy" in values and order.lstrip("+-").lower() != "created":
        raise refusal(400, f"Cannot order by field '{order}'.")
    found, most = issue_of(visit, reference), 100 if visit.jira.cloud else 1_048_576
    start = max(number(visit, values, "startAt", 0), 0)
    count = min(max(number(visit, values, "maxResults", most), 1), most)
    ordered = found.comments[::-1] if order.startswith("-") else found.comments
    page = [visit.render.comment(comment) for comment in ordered[start : start + count]]
    return answer({
        "startAt": start, "maxResults": count, "total": len(ordered), "comments": page,
    }, rows=len(page))  # fmt: skip


def fields(visit: Visit) -> Reply:
    epic = [] if visit.jira.cloud else [EPIC_FIELD]
    names = [*FIELDS, *epic, "issuekey"]
    return answer([_field(name) for name in names])


_CUSTOM = {
    SPRINT_FIELD: ("Sprint", "com.pyxis.greenhopper.jira:gh-sprint"),
    EPIC_FIELD: ("Epic Link", "com.pyxis.greenhopper.jira:gh-epic-link"),
    FLAG_FIELD: ("Flagged", "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"),
}


def _field(name: str) -> Json:
    title, custom = _CUSTOM.get(name, ("Key" if name == "issuekey" else name.title(), ""))
    schema: Json = {"type": "array" if custom else "string"}
    schema |= (
        {"custom": custom, "customId": int(name.rpartition("_")[2])} if custom else {"system": name}
    )
    return {
        "id": name, "key": name, "name": title, "custom": bool(custom), "orderable": True,
        "navigable": name != "comment", "searchable": True, "clauseNames": [name],
        "schema": schema,
    }  # fmt: skip


def lists(visit: Visit, name: str) -> Reply:
    """status, statuscategory, priority, resolution, issuetype"""
    flavor = visit.render.flavor
    rows: dict[str, list[Json | None]] = {
        "status": [parts.status(one, flavor) for one in STATUSES.values()],
        "statuscategory": [parts.category(one, flavor) for one in CATEGORIES],
        "priority": [parts.priority(one, flavor) for one in PRIORITIES],
        "resolution": [parts.resolution(one, flavor) for one in RESOLUTIONS],
        "issuetype": [parts.issue_type(one, flavor) for one in TYPES],
    }
    return answer(rows[name])


def link_types(visit: Visit) -> Reply:
    rest = visit.render.flavor.rest
    rows = [
        {"id": kind.id, "name": kind.name, "inward": kind.inward, "outward": kind.outward,
         "self": f"{rest}/issueLinkType/{kind.id}"}
        for kind in LINK_TYPES.values()
    ]  # fmt: skip
    return answer({"issueLinkTypes": rows})
