"""The Cloud's changelogs: of one issue by offset, of a thousand by token."""

from typing import Any

import msgspec

from simulator.web import Reply

from .model import Entry, Issue
from .request_context import (
    Visit,
    answer,
    issue_of,
    number,
    posted,
    query_lists,
    refusal,
    text,
    texts,
)
from .tokens import page_token, read_token

_MOST_ISSUES, _MOST_FIELDS, _MOST_ROWS = 1_000, 10, 10_000
_PARAMETERS: dict[str, type] = {
    "issueIdsOrKeys": list, "fieldIds": list, "maxResults": int, "nextPageToken": str,
}  # fmt: skip


def one(visit: Visit, reference: str) -> Reply:
    """Oldest first, by offset, at most 100."""
    issue, values = issue_of(visit, reference), query_lists(visit.request)
    start = max(number(visit, values, "startAt", 0), 0)
    count = min(max(number(visit, values, "maxResults", 100), 1), 100)
    page, total = issue.entries[start : start + count], len(issue.entries)
    here = f"{visit.render.flavor.rest}/issue/{issue.id}/changelog"
    body: dict[str, Any] = {
        "self": f"{here}?maxResults={count}&startAt={start}",
        "maxResults": count, "startAt": start, "total": total,
        "isLast": start + count >= total,
        "values": [visit.render.entry(entry) for entry in page],
    }  # fmt: skip
    if not body["isLast"]:
        body["nextPage"] = f"{here}?maxResults={count}&startAt={start + count}"
    return answer(body, rows=len(page))


def bulk(visit: Visit) -> Reply:
    """All changes of all named issues, oldest first; on a page they lie together by issue."""
    values = posted(visit, _PARAMETERS)
    named, fields = texts(values, "issueIdsOrKeys"), texts(values, "fieldIds")
    named, fields = [one for one in named if one], [one for one in fields if one]
    if not 1 <= len(named) <= _MOST_ISSUES:
        raise refusal(400, f"issueIdsOrKeys must have between 1 and {_MOST_ISSUES} entries.")
    if len(fields) > _MOST_FIELDS:
        raise refusal(400, f"fieldIds must have no more than {_MOST_FIELDS} entries.")
    count = number(visit, values, "maxResults", 1_000)
    if not 1 <= count <= _MOST_ROWS:
        raise refusal(400, f"maxResults must be between 1 and {_MOST_ROWS}.")
    return _page(visit, _histories(visit, named, fields), count, values)


def _page(visit: Visit, rows: "list[_Row]", count: int, values: dict[str, Any]) -> Reply:
    query = ",".join(texts(values, "issueIdsOrKeys") + texts(values, "fieldIds"))
    token, clock = text(values, "nextPageToken"), visit.jira.clock
    place = read_token(clock, query, token) if token else ()
    left = [row for row in rows if row.place > place]
    by_issue: dict[str, list[Any]] = {}
    for row in left[:count]:
        history = visit.render.entry(row.entry, millis=True)
        by_issue.setdefault(str(row.issue), []).append(history)
    logs = [{"issueId": id_, "changeHistories": told} for id_, told in by_issue.items()]
    body: dict[str, Any] = {"issueChangeLogs": logs}
    if len(left) > count:
        body["nextPageToken"] = page_token(clock, query, left[count - 1].place)
    return answer(body, rows=min(len(left), count))


class _Row(msgspec.Struct, frozen=True):
    place: tuple[int, ...]
    issue: int
    entry: Entry


def _histories(visit: Visit, named: list[str], fields: list[str]) -> list[_Row]:
    found = {issue.id: issue for one in named if (issue := visit.jira.find(one))}
    rows = [
        _Row((entry.at, issue.id, entry.id), issue.id, entry)
        for issue in found.values()
        if visit.jira.shows(issue, visit.asker)
        for entry in _entries(issue, {name.lower() for name in fields})
    ]
    return sorted(rows, key=lambda row: row.place)


def _entries(issue: Issue, fields: set[str]) -> list[Entry]:
    """Of each change only the fields asked for; a field without an id goes by its name."""
    if not fields:
        return issue.entries
    kept = []
    for entry in issue.entries:
        items = [item for item in entry.items if (item.field_id or item.field).lower() in fields]
        if items:
            kept.append(msgspec.structs.replace(entry, items=tuple(items)))
    return kept
