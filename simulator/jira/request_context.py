"""One request on its way to its endpoint, and how it is refused."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

from simulator.web import Reply, Request

from .access import Asker
from .model import Issue, Project
from .render import Renderer

if TYPE_CHECKING:
    from .state import Jira

JSON = "application/json;charset=UTF-8"
PROBLEM = "application/problem+json;charset=UTF-8"
Parameters = Mapping[str, Any]


class Refused(Exception):
    """Answered with this reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class Visit(msgspec.Struct, frozen=True):
    """Who asks what, and in which words the answer is given."""

    request: Request
    path: str
    """After /rest/api/N."""
    jira: "Jira"
    asker: Asker
    render: Renderer


Endpoint = Callable[..., Reply]


def answer(value: object, status: int = 200, rows: int | None = None) -> Reply:
    return Reply(status, msgspec.json.encode(value), {"Content-Type": JSON}, rows=rows)


def refusal(status: int, *messages: str, **headers: str) -> Refused:
    """Jira's own: a list of sentences. `headers` with underscores."""
    reply = answer({"errorMessages": list(messages), "errors": {}}, status)
    reply.headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Refused(reply)


def problem(status: int, title: str, detail: str, path: str) -> Refused:
    """What the framework refuses before Jira sees it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail,
            "instance": path}  # fmt: skip
    return Refused(Reply(status, msgspec.json.encode(body), {"Content-Type": PROBLEM}))


# --- what a request says ------------------------------------------------------------------------


def query_lists(request: Request) -> dict[str, list[str]]:
    """Every value of every parameter: some may come several times."""
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.query_string, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    return values


def posted(visit: Visit, known: Mapping[str, type]) -> dict[str, Any]:
    """The JSON object of a POST; properties of other names or types are refused."""
    request = visit.request
    kind = request.headers.get("content-type", "null")
    if not kind.startswith("application/json"):
        detail = f"Content-Type '{kind}' is not supported."
        raise problem(415, "Unsupported Media Type", detail, request.path)
    try:
        body = msgspec.json.decode(request.body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = {"": None}
    if not all(name in known and _fits(value, known[name]) for name, value in body.items()):
        raise refusal(400, "Invalid request payload. Refer to the REST API documentation and try"
                           " again.")  # fmt: skip
    return body


def _fits(value: object, wanted: type) -> bool:
    """As Jira's framework sees it: null is always fine, and a number may be written as text."""
    if value is None or (wanted is int and isinstance(value, str) and value.isdigit()):
        return True
    return isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool)


def number(visit: Visit, values: Parameters, name: str, default: int) -> int:
    """A whole number out of a query string or a body."""
    value = values.get(name)
    value = value[-1] if isinstance(value, list) else value
    if value is None or value == "":
        return default
    if isinstance(value, bool) or not str(value).lstrip("-").isdigit():
        detail = f"Failed to convert '{name}' with value: '{value}'"
        raise problem(400, "Bad Request", detail, visit.request.path)
    return int(str(value)[:12])


def text(values: Parameters, name: str) -> str:
    value = values.get(name)
    return str((value[-1] if isinstance(value, list) else value) or "")


def texts(values: Parameters, name: str) -> list[str]:
    value = values.get(name)
    return [str(one) for one in value] if isinstance(value, list) else [str(value or "")]


# --- what a request is about ---------------------------------------------------------------------


def issue_of(visit: Visit, reference: str) -> Issue:
    """Also by a key of old: Jira answers with the issue as it is called now."""
    issue = visit.jira.find(reference)
    if not visit.jira.cloud and not visit.asker.login:
        raise refusal(401, "You do not have the permission to see the specified issue.",
                      "Login Required")  # fmt: skip
    if issue is None or not visit.jira.shows(issue, visit.asker):
        raise refusal(404, "Issue does not exist or you do not have permission to see it.")
    return issue


def project_of(visit: Visit, name: str) -> Project:
    project = visit.jira.find_project(name)
    if project is None or not visit.jira.opens(project, visit.asker):
        what = "id" if name.isdigit() else "key"
        raise refusal(404, f"No project could be found with {what} '{name}'.")
    return project
