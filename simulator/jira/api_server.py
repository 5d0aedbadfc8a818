"""A Data Center's door: personal access tokens, offsets, and everything inline."""

from collections.abc import Sequence
from typing import Any, ClassVar

from simulator.web import Reply, Request

from .access import NOBODY, Asker, credentials
from .api import JiraApi, Route, route
from .field_selection import wanted
from .jql import BadJql
from .request_context import (
    Refused,
    Visit,
    answer,
    number,
    posted,
    query_lists,
    refusal,
    text,
    texts,
)

_PARAMETERS: dict[str, type] = {
    "jql": str, "startAt": int, "maxResults": int, "fields": list, "expand": list,
    "validateQuery": str, "fieldsByKeys": bool,
}  # fmt: skip


def search(visit: Visit) -> Reply:
    """By offset over a list that moves; the server caps the page and says how long it is."""
    posts = visit.request.method == "POST"
    values: dict[str, Any] = posted(visit, _PARAMETERS) if posts else {**query_lists(visit.request)}
    try:
        found = visit.jira.search.find(text(values, "jql"), visit.asker).issues
    except BadJql as error:
        raise refusal(400, str(error)) from error
    start, cap = max(number(visit, values, "startAt", 0), 0), visit.jira.options.page_cap
    count = number(visit, values, "maxResults", 50)
    count = cap if count < 0 else min(count, cap)
    asked = wanted(
        texts(values, "fields"), ",".join(texts(values, "expand")), default="navigable", whole=True
    )
    page = [visit.render.row(issue, asked) for issue in found[start : start + count]]
    return answer({
        "expand": "schema,names", "startAt": start, "maxResults": count, "total": len(found),
        "issues": page,
    }, rows=len(page))  # fmt: skip


class ServerApi(JiraApi):
    """Answers everything below `/jira-dc`: version 2 only."""

    routes: ClassVar[Sequence[Route]] = (route("GET POST", "/search", search),)
    always: ClassVar[dict[str, str]] = {
        "X-ANODEID": "node-1",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache, no-store, no-transform",
        "Vary": "User-Agent",
    }

    def handle(self, request: Request, path: str) -> Reply:
        return self._answered(request, f"{request.root}/jira-dc", path)

    def _asker(self, request: Request, path: str) -> Asker:
        """A token that is no good is refused everywhere; without one one is nobody."""
        scheme, user, secret = credentials(request)
        if not scheme:
            return NOBODY
        token = self._jira.access.token(secret, user)
        if token is None:
            reply = self._unauthenticated(request)
            reply.headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
            raise Refused(reply)
        return self._jira.access.asker(token)

    def _nowhere(self, request: Request, path: str) -> Refused:
        uri = f"{request.root}{request.path}"
        return Refused(answer({"message": f"null for uri: {uri}", "status-code": 404}, 404))
