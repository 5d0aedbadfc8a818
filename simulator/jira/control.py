"""`/_control/jira` and `/_control/jira-dc`: what a Jira can be told to do, and what it can tell."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from simulator.web import Reply, Request, json_reply

from . import truth
from .state import Jira

Body = dict[str, Any]
ISSUE_ACTIONS = {
    "edit", "touch", "transition", "assign", "label", "unlabel", "change_type", "prioritise",
    "plan", "set_parent", "link", "unlink", "comment", "move", "delete", "hide", "show", "archive",
    "restore", "flag", "unflag",
}  # fmt: skip
SETTINGS = {"rename_status", "recategorise_status", "rename_component", "remove_component"}
HELP = {
    "POST /_control/jira/tokens/revoke": "{token}; all of jira also at jira-dc",
    "POST /_control/jira/lag": "{seconds}: how late searches are",
    "POST /_control/jira/quota": "{quota}: requests in a burst; null: no limits",
    "POST /_control/jira/pages": "{limit, empty}: short pages; empty ones that lead on",
    "POST /_control/jira/{PROJECT}": "{issues, name, team_managed}: one more project",
    "POST /_control/jira/{PROJECT}/settings/rename_status": "{status, to}",
    "POST /_control/jira/{PROJECT}/settings/recategorise_status": "{status, category}",
    "POST /_control/jira/{PROJECT}/settings/rename_component": "{component, to}",
    "POST /_control/jira/{PROJECT}/settings/remove_component": "{component, move_to}",
    "POST /_control/jira/accounts/rename": "{login, name}",
    "POST /_control/jira/{PROJECT}/set": "{hidden, archived}",
    "POST /_control/jira/{PROJECT}/issues": "{title, body, type, labels, actor, ...}: create",
    "POST /_control/jira/{PROJECT}/issues/{key or number}/{action}":
        ", ".join(sorted(ISSUE_ACTIONS)),
    "POST /_control/jira/{PROJECT}/comments/{id}/{edit|delete}": "{body}; delete {silently}",
    "POST /_control/jira/{PROJECT}/touch": "{count, seed}: edit some issues",
    "POST /_control/jira/{PROJECT}/between_pages":
        "{path, after, changes: [{action, issue, ...}]}",
    "GET /_control/jira/{PROJECT}/truth":
        "issues, one JSON a line; also /comments, /transitions, /links",
}  # fmt: skip


class JiraControl:
    """Carries out what is asked of one Jira."""

    def __init__(self, jira: Jira) -> None:
        self._jira = jira

    def handle(self, request: Request, path: str, body: Body) -> Reply:
        if path in {"tokens/revoke", "lag", "quota", "pages", "accounts/rename"}:
            return self._site(path, body)
        project, _, tail = path.partition("/")
        if request.method == "GET":
            return self._truth(self._jira.project(project).key, tail)
        if not tail:
            made = self._jira.add_project(project, **{"issues": 0, **body})
            return json_reply(201, {"key": made.key, "id": made.id})
        self._jira.project(project)
        if tail == "set":
            return json_reply(200, self._jira.set_project(project, **body))
        if tail == "between_pages":
            return self._between_pages(project, body)
        return json_reply(200, self._act(project, tail, body))

    def _site(self, path: str, body: Body) -> Reply:
        if path == "lag":
            self._jira.index.lag = float(body["seconds"])
        elif path == "quota":
            self._jira.limits.quota = None if body["quota"] is None else int(body["quota"])
        elif path == "pages":
            self._jira.page_limit = body.get("limit")
            self._jira.empty_pages = int(body.get("empty", 0))
        elif path == "accounts/rename":
            self._jira.changes().rename_account(**body)
        else:
            self._jira.access.revoked.add(str(body["token"]))
        return Reply(204)

    def _act(self, project: str, tail: str, body: Body) -> object:
        changes = self._jira.changes()
        if tail == "issues":
            return changes.create(project, **body)
        if tail == "touch":
            return changes.touch_some(**{"count": 1, **body, "project": project})
        setting = tail.removeprefix("settings/")
        if setting in SETTINGS and setting != tail:
            return getattr(changes, setting)(project, **body)
        match = re.fullmatch(r"(issues|comments)/([A-Za-z0-9_-]+)/(\w+)", tail)
        if match and match[1] == "issues" and match[3] in ISSUE_ACTIONS:
            return self.change(project, match[3], match[2], body)
        if match and match[1] == "comments" and match[3] in {"edit", "delete"}:
            return getattr(changes, f"{match[3]}_comment")(int(match[2]), **body)
        raise LookupError(f"{tail} cannot be done to a project; GET /_control lists what can")

    def change(self, project: str, action: str, issue: str | int, detail: Body) -> object:
        """One action; a bare number is the project's issue of that number."""
        if action not in ISSUE_ACTIONS:
            raise LookupError(f"{action!r} is none of {', '.join(sorted(ISSUE_ACTIONS))}")
        key = f"{project}-{issue}" if str(issue).isdigit() and len(str(issue)) < 7 else issue
        return getattr(self._jira.changes(), action)(key, **detail)

    def _between_pages(self, project: str, body: Body) -> Reply:
        changes = [dict(change) for change in body["changes"]]

        def act() -> None:
            for change in changes:
                detail = {k: v for k, v in change.items() if k not in {"action", "issue"}}
                if change["action"] == "create":
                    self._jira.changes().create(project, **detail)
                else:
                    self.change(project, change["action"], change["issue"], detail)

        path = str(body.get("path", "/search"))
        self._jira.between_pages(path, after=int(body["after"]), act=act)
        return json_reply(201, {"changes": len(changes)})

    def _truth(self, project: str, tail: str) -> Reply:
        jira = self._jira
        rows: dict[str, Callable[[], Iterator[object]]] = {
            "truth": lambda: truth.truth_of(jira, project),
            "truth/comments": lambda: truth.comments_of(jira, project),
            "truth/transitions": lambda: truth.transitions_of(jira, project),
            "truth/links": lambda: truth.links_of(jira, project),
        }
        if tail not in rows:
            raise LookupError(f"{tail} is not kept; try {', '.join(rows)}")
        lines = (msgspec.json.encode(row) + b"\n" for row in rows[tail]())
        return Reply(200, headers={"Content-Type": "application/x-ndjson"}, stream=lines)
