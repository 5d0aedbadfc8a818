"""`/_control`: what the trackers can be told to do, and what they can tell, over HTTP."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from simulator.github import truth

from . import delivering
from .clock import parse_stamp
from .faults.faults import FAULTS, UnknownFault
from .github.state import Shelf
from .jira.control import HELP as JIRA_HELP
from .jira.control import JiraControl
from .stackexchange import control as stackexchange
from .web import Reply, Request, json_reply

if TYPE_CHECKING:
    from .server import TrackerServer

_ISSUE_ACTIONS = {
    "edit", "touch", "close", "reopen", "label", "unlabel", "assign", "unassign", "comment",
    "delete", "transfer", "convert_to_pull", "set_type",
    "add_sub_issue", "remove_sub_issue", "add_blocked_by", "remove_blocked_by",
}  # fmt: skip
_REPOSITORY_ACTIONS = {
    "issues": "create", "touch": "touch_some", "rename_label": "rename_label"
}  # fmt: skip
_HELP = {
    "GET /_control/requests?path=": "every request seen; DELETE forgets them",
    "POST /_control/faults": "{kind, path, nth, times, chance, ...options}; GET lists, DELETE ends",
    "GET /_control/faults/kinds": "what can go wrong",
    "POST /_control/clock": "{shift: seconds} | {freeze: time} | {set: time} | {reset: true}",
    "POST /_control/cross_reference": "{count}: issues and questions come to name each other",
    "POST /_control/github/tokens/revoke": "{token}",
    "POST /_control/github/{owner}/{repo}": "{issues, private}: one more repository",
    "POST /_control/github/{owner}/{repo}/rename": "{to}",
    "POST /_control/github/{owner}/{repo}/issues": "{title, body, labels, actor, is_pull}: create",
    "POST /_control/github/{owner}/{repo}/issues/{n}/{action}": ", ".join(sorted(_ISSUE_ACTIONS)),
    "POST /_control/github/{owner}/{repo}/comments/{id}/{edit|delete}": "{body}; {silently, event}",
    "POST /_control/github/{owner}/{repo}/rename_label": "{name, to}: no issue's date tells",
    "POST /_control/github/{owner}/{repo}/touch": "{count, seed}: edit some issues",
    "POST /_control/github/{owner}/{repo}/between_pages": "{path, after, changes: [{action, ...}]}",
    "GET /_control/github/{owner}/{repo}/truth": "issues, one JSON a line; also /comments, /events",
    **stackexchange.HELP,
    **delivering.HELP,
}
Body = dict[str, Any]


class Misused(Exception):
    """A control request that cannot be carried out; the message says why."""


class Control:
    """Routes control requests. Refusals are plain sentences with 400 or 404."""

    def __init__(self, server: "TrackerServer") -> None:
        self._server = server
        self._jiras = {"jira": JiraControl(server.jira), "jira-dc": JiraControl(server.jira_dc)}
        self._top: dict[str, Callable[[Request, Body], Reply]] = {
            "": lambda request, body: json_reply(200, _HELP | JIRA_HELP),
            "requests": self._requests,
            "faults": self._faults,
            "faults/kinds": lambda request, body: json_reply(200, _kinds()),
            "clock": self._clock,
            "github/tokens/revoke": self._revoke,
            "cross_reference": self._cross_reference,
        }

    def handle(self, request: Request, path: str) -> Reply:
        try:
            return self._route(request, path.strip("/"), _body_of(request))
        except (Misused, UnknownFault, TypeError, ValueError, re.error) as error:
            return json_reply(400, {"message": str(error)})
        except LookupError as error:
            return json_reply(404, {"message": str(error.args[0] if error.args else error)})

    def _route(self, request: Request, path: str, body: Body) -> Reply:
        top = self._top.get(path)
        if top:
            return top(request, body)
        tracker, _, rest = path.partition("/")
        if tracker in self._jiras:
            return self._jiras[tracker].handle(request, rest, body)
        if path == "deliveries" or path.startswith("deliveries/"):
            tail = path.removeprefix("deliveries").strip("/")
            return delivering.handle(self._server.deliveries, request, tail, body)
        if path.startswith("stackexchange/"):
            tail = path.removeprefix("stackexchange/")
            return stackexchange.handle(self._server.stackexchange, request, tail, body)
        match = re.fullmatch(r"github/([^/]+/[^/]+)(?:/(.*))?", path)
        if not match:
            raise LookupError(f"Nothing at /_control/{path}; GET /_control lists what there is")
        return self._repository(request, match[1], match[2] or "", body)

    # --- all trackers ----------------------------------------------------------------------------

    def _requests(self, request: Request, body: Body) -> Reply:
        if request.method == "DELETE":
            self._server.journal.clear()
            return Reply(204)
        return json_reply(200, self._server.journal.all(request.query.get("path", "")))

    def _faults(self, request: Request, body: Body) -> Reply:
        faults = self._server.faults
        if request.method == "DELETE":
            faults.clear()
            return Reply(204)
        if request.method == "POST":
            return json_reply(201, faults.add(**body).shown())
        return json_reply(200, [rule.shown() for rule in faults.all()])

    def _clock(self, request: Request, body: Body) -> Reply:
        clock = self._server.clock
        if "reset" in body:
            clock.reset()
        if "set" in body:
            clock.set(_moment(body["set"]))
        if "freeze" in body:
            clock.freeze(None if body["freeze"] is None else _moment(body["freeze"]))
        if "shift" in body:
            clock.shift(float(body["shift"]))
        return json_reply(200, {"now": clock.exact()})

    def _revoke(self, request: Request, body: Body) -> Reply:
        self._server.github.access.revoked.add(str(body["token"]))
        return Reply(204)

    def _cross_reference(self, request: Request, body: Body) -> Reply:
        return json_reply(201, self._server.cross_reference(int(body.get("count", 5))))

    # --- one repository --------------------------------------------------------------------------

    def _repository(self, request: Request, name: str, tail: str, body: Body) -> Reply:
        github = self._server.github
        if request.method == "GET":
            return _truth(github.shelf(name), tail)
        if not tail:
            github.add_repository(
                name, int(body.get("issues", 0)), private=bool(body.get("private"))
            )
            return json_reply(201, {"full_name": name})
        if tail == "rename":
            github.rename(name, to=str(body["to"]))
            return Reply(204)
        if tail == "between_pages":
            return self._between_pages(name, body)
        action, number = _action_of(tail)
        return json_reply(200, github.change(name, action, number, **body))

    def _between_pages(self, name: str, body: Body) -> Reply:
        changes = [dict(change) for change in body["changes"]]

        def act() -> None:
            for change in changes:
                detail = {k: v for k, v in change.items() if k not in {"action", "number"}}
                self._server.github.change(name, change["action"], change.get("number"), **detail)

        self._server.github.between_pages(
            str(body.get("path", "/issues$")), after=int(body["after"]), act=act
        )
        return json_reply(201, {"changes": len(changes)})


def _action_of(tail: str) -> tuple[str, int | None]:
    """The method of `Changes` that a path names, and the number it is about."""
    if tail in _REPOSITORY_ACTIONS:
        return _REPOSITORY_ACTIONS[tail], None
    match = re.fullmatch(r"(issues|comments)/(\d{1,18})/(\w+)", tail)
    if match and match[1] == "issues" and match[3] in _ISSUE_ACTIONS:
        return match[3], int(match[2])
    if match and match[1] == "comments" and match[3] in {"edit", "delete"}:
        return f"{match[3]}_comment", int(match[2])
    raise LookupError(f"{tail} cannot be done to a repository; GET /_control lists what can")


def _truth(shelf: Shelf, tail: str) -> Reply:
    rows: dict[str, Callable[[], Iterator[object]]] = {
        "truth": lambda: truth.truth_of(shelf.repository),
        "truth/comments": lambda: truth.comments_of(shelf.repository),
        "truth/events": lambda: truth.events_of(shelf.repository),
    }
    if tail not in rows:
        raise LookupError(f"{tail} is not kept; try truth, truth/comments or truth/events")
    lines = (msgspec.json.encode(row) + b"\n" for row in rows[tail]())
    return Reply(200, headers={"Content-Type": "application/x-ndjson"}, stream=lines)


def _body_of(request: Request) -> Body:
    if not request.body:
        return {}
    body = msgspec.json.decode(request.body)
    if not isinstance(body, dict):
        raise Misused("Send a JSON object")
    return body


def _moment(value: object) -> int:
    moment = value if isinstance(value, int) else parse_stamp(str(value))
    if moment is None:
        raise Misused(f"{value!r} is no time; write 2026-03-01T09:30:00Z or seconds since 1970")
    return moment


def _kinds() -> dict[str, str]:
    return {name: (fault.__doc__ or "").strip() for name, fault in sorted(FAULTS.items())}
