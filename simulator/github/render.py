"""GitHub's JSON: the fields, their order and their addresses as api.github.com has them."""

from collections import OrderedDict
from collections.abc import Iterable

import msgspec

from simulator.clock import stamp
from simulator.content.rhythm import DAY, version_name

from .fields import (
    Json,
    label_fields,
    node_id,
    reactions,
    relation_fields,
    type_fields,
    user_fields,
)
from .labels import TYPES, label_named
from .model import Comment, Event, Issue
from .relations import Summary
from .repository import Repository


class Renderer:
    """Renders one repository; accounts and issues are kept as encoded."""

    def __init__(self, repository: Repository, api: str, web: str) -> None:
        self._repository = repository
        self._api, self._web = api, web
        self._people: dict[str, msgspec.Raw] = {}
        self._labels: dict[str, msgspec.Raw] = {}
        self._issues: OrderedDict[object, msgspec.Raw] = OrderedDict()

    def forget(self) -> None:
        """The repository's name changed, and with it every address."""
        self._issues.clear()
        self._labels.clear()

    @property
    def here(self) -> str:
        return f"{self._api}/repos/{self._repository.full_name}"

    @property
    def _page(self) -> str:
        return f"{self._web}/{self._repository.full_name}"

    # --- people ----------------------------------------------------------------------------------

    def user(self, login: str | None) -> msgspec.Raw | None:
        if login is None:
            return None
        if login not in self._people:
            person = self._repository.history.people.by_login(login)
            self._people[login] = msgspec.Raw(
                msgspec.json.encode(user_fields(person, self._api, self._web))
            )
        return self._people[login]

    def _users(self, logins: Iterable[str]) -> list[msgspec.Raw | None]:
        return [self.user(login) for login in logins]

    def _association(self, login: str | None) -> str:
        return self._repository.history.people.by_login(login).association if login else "NONE"

    # --- issues ----------------------------------------------------------------------------------

    def issue(self, number: int, *, with_assignee: bool = True) -> msgspec.Raw:
        changed = self._repository.changed.get(number)
        relations = self._repository.relations.summary(number, self._repository.is_open)
        labels = tuple(self._repository.renamed_labels.items())
        key = (number, changed.version if changed else 0, with_assignee, relations, labels)
        known = self._issues.get(key)
        if known is None:
            fields = self._issue(self._repository.issue(number), relations)
            if not with_assignee:
                del fields["assignee"]
            known = self._issues[key] = msgspec.Raw(msgspec.json.encode(fields))
            if len(self._issues) > 20_000:
                self._issues.popitem(last=False)
        return known

    def _issue(self, issue: Issue, relations: Summary) -> Json:
        url = f"{self.here}/issues/{issue.number}"
        people = self._users(issue.assignees)
        page = f"{self._page}/{'pull' if issue.is_pull else 'issues'}/{issue.number}"
        return {
            "url": url,
            "repository_url": self.here,
            "labels_url": url + "/labels{/name}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": page,
            "id": issue.id,
            "node_id": node_id("PR" if issue.is_pull else "I", issue.id),
            "number": issue.number,
            "title": issue.title,
            "user": self.user(issue.author),
            "labels": [self.label(name) for name in issue.labels],
            "state": issue.state,
            "locked": issue.locked,
            "assignee": people[0] if people else None,
            "assignees": people,
            "milestone": self._milestone(issue.milestone),
            "comments": issue.comments,
            "created_at": stamp(issue.created),
            "updated_at": stamp(issue.updated),
            "closed_at": stamp(issue.closed) if issue.closed else None,
            "author_association": self._association(issue.author),
            "type": type_fields(issue.type),
            "active_lock_reason": "resolved" if issue.locked else None,
            **self._pull(issue, page),
            **relation_fields(relations, self.here),
            "body": issue.body,
            "closed_by": self.user(issue.closed_by),
            "reactions": reactions(url, issue.hearts),
            "timeline_url": f"{url}/timeline",
            "performed_via_github_app": None,
            "state_reason": issue.state_reason,
        }

    def _pull(self, issue: Issue, page: str) -> Json:
        if not issue.is_pull:
            return {}
        merged = stamp(issue.closed) if issue.closed and issue.id % 5 else None
        return {
            "draft": False,
            "pull_request": {
                "url": f"{self.here}/pulls/{issue.number}",
                "html_url": page,
                "diff_url": f"{page}.diff",
                "patch_url": f"{page}.patch",
                "merged_at": merged,
            },
        }

    def label(self, name: str) -> msgspec.Raw:
        if name not in self._labels:
            fields = label_fields(name, self._repository.id, self.here)
            self._labels[name] = msgspec.Raw(msgspec.json.encode(fields))
        return self._labels[name]

    def _milestone(self, number: int) -> Json | None:
        if not number:
            return None
        url = f"{self.here}/milestones/{number}"
        due = self._repository.history.until - (18 - number) * 42 * DAY
        over = due < self._repository.history.until
        return {
            "url": url,
            "html_url": f"{self._page}/milestone/{number}",
            "labels_url": f"{url}/labels",
            "id": self._repository.id + number,
            "node_id": node_id("MI", self._repository.id + number),
            "number": number,
            "title": version_name(number * 2),
            "description": "",
            "creator": self.user(self._repository.history.people.maintainer(0).login),
            "open_issues": 0 if over else 12,
            "closed_issues": 38,
            "state": "closed" if over else "open",
            "created_at": stamp(due - 90 * DAY),
            "updated_at": stamp(due - DAY),
            "due_on": stamp(due),
            "closed_at": stamp(due) if over else None,
        }

    # --- comments and events ---------------------------------------------------------------------

    def _page_of(self, number: int) -> str:
        is_pull = self._repository.is_pull(number)
        return f"{self._page}/{'pull' if is_pull else 'issues'}/{number}"

    def comment(self, comment: Comment) -> Json:
        url = f"{self.here}/issues/comments/{comment.id}"
        return {
            "url": url,
            "html_url": f"{self._page_of(comment.number)}#issuecomment-{comment.id}",
            "issue_url": f"{self.here}/issues/{comment.number}",
            "id": comment.id,
            "node_id": node_id("IC", comment.id),
            "user": self.user(comment.author),
            "created_at": stamp(comment.created),
            "updated_at": stamp(comment.updated),
            "body": comment.body,
            "author_association": self._association(comment.author),
            "reactions": reactions(url, comment.id % 3 if comment.id % 7 == 0 else 0),
            "performed_via_github_app": None,
        }

    def event(self, event: Event, *, with_issue: bool) -> Json:
        fields: Json = {
            "id": event.id,
            "node_id": node_id("EV", event.id),
            "url": f"{self.here}/issues/events/{event.id}",
            "actor": self.user(event.actor),
            "event": event.event,
            "commit_id": event.commit or None,
            "commit_url": f"{self.here}/commits/{event.commit}" if event.commit else None,
            "created_at": stamp(event.created),
            **self._event_detail(event),
        }
        if with_issue:
            fields["issue"] = self.issue(event.number)
        return fields | {"performed_via_github_app": None}

    def _event_detail(self, event: Event) -> Json:
        name = event.event
        detail: Json = {}
        if event.label:
            detail = {"label": {"name": event.label, "color": label_named(event.label).color}}
        elif event.assignee:
            detail = {"assignee": self.user(event.assignee), "assigner": self.user(event.actor)}
        elif event.milestone:
            detail = {"milestone": {"title": version_name(event.milestone * 2)}}
        elif event.title_after:
            detail = {"rename": {"from": event.title_before, "to": event.title_after}}
        elif event.type:
            color = TYPES[event.type][0]
            detail = {"issue_type": {"id": 1, "name": event.type, "color": color}}
        elif name in {"locked", "closed"}:
            value = "resolved" if name == "locked" else event.state_reason
            detail = {"lock_reason" if name == "locked" else "state_reason": value}
        return detail
