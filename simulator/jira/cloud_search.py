"""The Cloud's searches: token by token, without a total, and never unbounded."""

from typing import Any

from simulator.web import Reply

from .field_selection import Wanted, wanted
from .jql import BadJql
from .request_context import Visit, answer, number, posted, query_lists, refusal, text, texts
from .search import Found
from .tokens import page_token, read_token

MOST, MOST_WITH_FIELDS, MOST_RECONCILED = 5_000, 100, 50
_PARAMETERS: dict[str, type] = {
    "jql": str, "nextPageToken": str, "maxResults": int, "fields": list, "expand": str,
    "properties": list, "fieldsByKeys": bool, "failFast": bool, "reconcileIssues": list,
}  # fmt: skip
_BULK: dict[str, type] = {
    "issueIdsOrKeys": list, "fields": list, "expand": list, "fieldsByKeys": bool,
    "properties": list,
}  # fmt: skip
_REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full"
    " migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
_UNBOUNDED = (
    "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
)


def removed(visit: Visit) -> Reply:
    raise refusal(410, _REMOVED)


def search(visit: Visit) -> Reply:
    posts = visit.request.method == "POST"
    values: dict[str, Any] = posted(visit, _PARAMETERS) if posts else {**query_lists(visit.request)}
    jql, token = text(values, "jql"), text(values, "nextPageToken")
    clock = visit.jira.clock
    place = read_token(clock, jql, token) if token else None
    count = number(visit, values, "maxResults", 50)
    if not 1 <= count <= MOST:
        raise refusal(400, f"The maxResults parameter must be between 1 and {MOST}.")
    found = _bounded(visit, jql, _reconciled(values))
    asked = wanted(texts(values, "fields"), text(values, "expand"), default="id")
    count = min(count, MOST if asked.few else MOST_WITH_FIELDS, visit.jira.page_limit or MOST)
    page, last = found.after(place, count)
    if visit.jira.empty_pages:
        visit.jira.empty_pages -= 1
        page, last = [], place or ()
    body: dict[str, Any] = {"issues": [visit.render.row(issue, asked) for issue in page]}
    if last is not None:
        body["nextPageToken"] = page_token(clock, jql, last)
    return answer(body | {"isLast": last is None}, rows=len(page))


def approximate_count(visit: Visit) -> Reply:
    jql = text(posted(visit, {"jql": str}), "jql")
    return answer({"count": len(_bounded(visit, jql).issues)})


def _bounded(visit: Visit, jql: str, reconciled: frozenset[int] = frozenset()) -> Found:
    try:
        if not visit.jira.search.query(jql, visit.asker).bounded:
            raise refusal(400, _UNBOUNDED)
        return visit.jira.search.find(jql, visit.asker, reconciled)
    except BadJql as error:
        raise refusal(400, str(error)) from error


def _reconciled(values: dict[str, Any]) -> frozenset[int]:
    named = [part for one in texts(values, "reconcileIssues") for part in one.split(",") if part]
    if len(named) > MOST_RECONCILED:
        raise refusal(400, f"No more than {MOST_RECONCILED} issues can be reconciled at once.")
    return frozenset(int(one) for one in named if one.isdigit())


def bulk_issues(visit: Visit) -> Reply:
    """By id or key, up to 100; what is not there, or not to be seen, is left out in silence."""
    values = posted(visit, _BULK)
    named = texts(values, "issueIdsOrKeys")
    if not 1 <= len(named) <= 100:
        raise refusal(400, "issueIdsOrKeys must have between 1 and 100 entries.")
    jira = visit.jira
    found = {issue.id: issue for one in named if (issue := jira.find(one))}
    asked: Wanted = wanted(
        texts(values, "fields"), ",".join(texts(values, "expand")), default="navigable"
    )
    rows = [
        visit.render.row(found[id_], asked)
        for id_ in sorted(found)
        if jira.shows(found[id_], visit.asker)
    ]
    return answer({"expand": "schema,names", "issues": rows, "issueErrors": []}, rows=len(rows))
