"""`/_control/stackexchange`: what can be done to it, and its truth, over HTTP."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from simulator.web import Reply, Request, json_reply

from .state import DEFAULT_SITE, StackExchange

HELP = {
    "POST /_control/stackexchange/questions": "{title, body, tags, owner}: ask; `site` everywhere",
    "POST /_control/stackexchange/questions/{id}/{action}": "edit, retag, answer, comment, accept,"
    " unaccept, close, reopen, migrate, delete, delete_owner, vote",
    "POST /_control/stackexchange/answers/{id}/{action}": "edit, comment, delete, delete_owner,"
    " vote",
    "POST /_control/stackexchange/between_pages": "{path, after, changes: [{action, number, ...}]}",
    "POST /_control/stackexchange/backoff": "{method, seconds, after, times}",
    "POST /_control/stackexchange/quota": "{left, address}; DELETE gives a new day",
    "GET /_control/stackexchange/truth?tagged=a;b": "one JSON a line; also /comments; &site=",
}
_QUESTION_ACTIONS = {
    "edit", "retag", "answer", "comment", "accept", "unaccept", "close", "reopen", "migrate",
    "delete", "delete_owner", "vote",
}  # fmt: skip
_ANSWER_ACTIONS = {
    "edit": "edit_answer", "delete": "delete_answer", "comment": "comment", "vote": "vote",
    "delete_owner": "delete_owner",
}  # fmt: skip
Body = dict[str, Any]


def handle(state: StackExchange, request: Request, tail: str, body: Body) -> Reply:
    """LookupError where there is nothing of that name."""
    if request.method == "GET":
        return _truth(state, request, tail)
    special: dict[str, Callable[[], object]] = {
        "between_pages": lambda: _between_pages(state, body),
        "backoff": lambda: state.backoff(str(body.pop("method", "")), **body),
        "quota": lambda: _quota(state, request, body),
        "questions": lambda: state.change("ask", **body),
    }
    if tail in special:
        return json_reply(200, special[tail]())
    match = re.fullmatch(r"(questions|answers)/(\d{1,18})/(\w+)", tail)
    action = _action(match[1], match[3]) if match else ""
    if not match or not action:
        raise LookupError(f"{tail} cannot be done; GET /_control lists what can")
    return json_reply(200, state.change(action, int(match[2]), **body))


def _action(kind: str, name: str) -> str:
    if kind == "answers":
        return _ANSWER_ACTIONS.get(name, "")
    return name if name in _QUESTION_ACTIONS else ""


def _between_pages(state: StackExchange, body: Body) -> object:
    changes = [dict(change) for change in body["changes"]]

    def act() -> None:
        for change in changes:
            state.change(**change)

    state.between_pages(str(body.get("path", "/questions$")), after=int(body["after"]), act=act)
    return {"changes": len(changes)}


def _quota(state: StackExchange, request: Request, body: Body) -> object:
    with state.lock:
        if request.method == "DELETE":
            state.limits.forget()
        else:
            address = str(body.get("address", request.address))
            state.limits.use_up(address, left=int(body.get("left", 0)))
    return {}


def _truth(state: StackExchange, request: Request, tail: str) -> Reply:
    tags = [tag for tag in request.query.get("tagged", "").split(";") if tag]
    site = request.query.get("site") or DEFAULT_SITE
    rows: dict[str, Callable[[], Iterator[object]]] = {
        "truth": lambda: iter(state.truth(tags, site).values()),
        "truth/comments": lambda: state.comments(tags, site),
    }
    if tail not in rows:
        raise LookupError(f"{tail} is not kept; try truth or truth/comments")
    lines = (msgspec.json.encode(row) + b"\n" for row in rows[tail]())
    return Reply(200, headers={"Content-Type": "application/x-ndjson"}, stream=lines)
