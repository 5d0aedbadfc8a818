"""Faults as only Jira has them: its limits, its page tokens, its shortened changelogs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from simulator.web import Reply, json_reply

from .faulty import Case, Fault
from .rows import rows_of

Json = dict[str, Any]


def _refused(status: int, message: str, headers: dict[str, str]) -> Reply:
    return json_reply(status, {"errorMessages": [message], "errors": {}}, headers)


# --- limits -------------------------------------------------------------------------------------


def jira_limit(case: Case) -> Reply:
    """429 with `retry_after` (30) seconds."""
    seconds = str(case.options.get("retry_after", 30))
    return _refused(429, "Rate limit exceeded.", {"Retry-After": seconds})


def jira_reset(case: Case) -> Reply:
    """429 that tells only when it ends: ISO 8601, in `resets_in` (90) seconds."""
    moment = case.clock.now() + int(case.options.get("resets_in", 90))
    until = f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"
    headers = {"X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "0",
               "X-RateLimit-Reset": until}  # fmt: skip
    return _refused(429, "Rate limit exceeded.", headers)


def jira_burst(case: Case) -> Reply:
    """429 for too many requests to one endpoint in a second; `retry_after` (2)."""
    seconds = str(case.options.get("retry_after", 2))
    headers = {"Retry-After": seconds, "RateLimit-Reason": "jira-burst-based"}
    return _refused(429, "Rate limit exceeded.", headers)


def jira_down(case: Case) -> Reply:
    """503 with `retry_after` (120) seconds and a page for people."""
    seconds = str(case.options.get("retry_after", 120))
    page = b"<html><head><title>Jira is unavailable</title></head></html>"
    return Reply(503, page, {"Content-Type": "text/html", "Retry-After": seconds})


# --- pages --------------------------------------------------------------------------------------


def _changed(case: Case, change: Callable[[Json], None]) -> Reply:
    reply = case.serve()
    if reply.status == 200:
        content = msgspec.json.decode(reply.plain_body())
        if isinstance(content, dict):
            change(content)
            reply.replace_body(msgspec.json.encode(content))
    return reply


def _token(case: Case) -> str | None:
    """The page token that came with the request, in its query or its body."""
    if case.request.body:
        body = msgspec.json.decode(case.request.body)
        return str(body["nextPageToken"]) if body.get("nextPageToken") else None
    return case.request.query.get("nextPageToken")


def expired_token(case: Case) -> Reply:
    """400: the page token is too old. Requests without one are served."""
    if _token(case) is None:
        return case.serve()
    return _refused(400, "The provided next page token is invalid or expired.", {})


def repeated_token(case: Case) -> Reply:
    """The next page's token is the one that led here: whoever follows it turns in circles."""
    token = _token(case)

    def change(content: Json) -> None:
        if token:
            content["nextPageToken"] = token
            content["isLast"] = False

    return _changed(case, change)


def last_lies(case: Case) -> Reply:
    """`isLast` says the opposite of what is so; the token is right."""

    def change(content: Json) -> None:
        content["isLast"] = not content.get("isLast")

    return _changed(case, change)


def lost_token(case: Case) -> Reply:
    """No token, though more pages would follow; `isLast` is right."""
    return _changed(case, lambda content: content.pop("nextPageToken", None))


def short_changelog(case: Case) -> Reply:
    """Embedded changelogs keep `keep` (5) entries; their totals tell of the rest."""
    keep = int(case.options.get("keep", 5))

    def change(content: Json) -> None:
        for row in rows_of(content) or [content]:
            changelog = row.get("changelog")
            if changelog:
                changelog["histories"] = changelog["histories"][:keep]
                changelog["maxResults"] = keep

    return _changed(case, change)


JIRA_FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        jira_limit, jira_reset, jira_burst, jira_down, expired_token, repeated_token, last_lies,
        lost_token, short_changelog,
    )
}  # fmt: skip
