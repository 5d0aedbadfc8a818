"""Jira's JSON of issues, comments and changelogs; rows are kept as encoded."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from . import parts
from .access import Asker
from .adf import Documents
from .field_selection import Wanted
from .fields import fields_of
from .model import Account, Comment, Entry, Issue, Item
from .parts import Flavor, Json
from .scheme import Status
from .stamps import stamp
from .wiki import WikiText

if TYPE_CHECKING:
    from .state import Jira

EMBEDDED_COMMENTS, EMBEDDED_CHANGES = 20, 40
_ROWS_KEPT = 20_000
_CLOUD_EXPAND = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
_SERVER_EXPAND = "operations,versionedRepresentations,editmeta,changelog,renderedFields"
EXPAND = {True: _CLOUD_EXPAND, False: _SERVER_EXPAND}


class Renderer:
    """Renders one site in one flavor."""

    jira: "Jira"
    flavor: Flavor

    def __init__(self, jira: "Jira", flavor: Flavor) -> None:
        self.jira, self.flavor = jira, flavor
        self._documents = Documents(jira.accounts)
        self._wiki = WikiText(jira.accounts, cloud=flavor.cloud)
        self._rows: OrderedDict[tuple[int, int, Wanted], msgspec.Raw] = OrderedDict()
        self._users: dict[Account, msgspec.Raw] = {}

    # --- small things ----------------------------------------------------------------------------

    def at(self, moment: int) -> str:
        return stamp(moment, self.flavor.zone)

    def user(self, login: str | None) -> msgspec.Raw | None:
        if login is None:
            return None
        account = self.jira.accounts.named(login)
        known = self._users.get(account)
        if known is None:
            fields = parts.user(account, self.flavor)
            known = self._users[account] = msgspec.Raw(msgspec.json.encode(fields))
        return known

    def text(self, text: str | None, raw: Any = None) -> Any:
        if self.flavor.documents:
            return raw if raw is not None else self._documents.document(text)
        return self._wiki.text(text)

    def status_of(self, issue: Issue) -> Status:
        return self.jira.projects[issue.project].statuses[issue.status]

    # --- issues ----------------------------------------------------------------------------------

    def row(self, issue: Issue, wanted: Wanted) -> msgspec.Raw:
        key = (issue.id, issue.version, wanted)
        known = self._rows.get(key)
        if known is None:
            known = self._rows[key] = msgspec.Raw(msgspec.json.encode(self._row(issue, wanted)))
            if len(self._rows) > _ROWS_KEPT:
                self._rows.popitem(last=False)
        return known

    def _row(self, issue: Issue, wanted: Wanted) -> Json:
        if wanted.base == "id":
            return {"id": str(issue.id)}
        row = self._head(issue)
        fields = fields_of(self, issue, wanted)
        if "comment" in fields:
            most = len(issue.comments) if wanted.whole else EMBEDDED_COMMENTS
            fields["comment"] = self.comments(issue, most)
        if fields or wanted.base != "named" or wanted.named - {"id", "key"}:
            row["fields"] = fields
        if wanted.changelog:
            row["changelog"] = self.changelog(issue)
        return row

    def _head(self, issue: Issue) -> Json:
        return {
            "expand": EXPAND[self.flavor.cloud], "id": str(issue.id),
            "self": f"{self.flavor.rest}/issue/{issue.id}", "key": issue.key,
        }  # fmt: skip

    def brief(self, issue: Issue) -> Json:
        """As links, parents and sub-tasks show it."""
        row = self._head(issue)
        del row["expand"]
        row["fields"] = {
            "summary": issue.summary,
            "status": parts.status(self.status_of(issue), self.flavor),
            "priority": parts.priority(issue.priority, self.flavor),
            "issuetype": parts.issue_type(issue.type, self.flavor),
        }
        return row

    def seen(self, issue_id: int | None) -> Issue | None:
        """A neighbour; None where it is hidden: its link or parent is not shown at all."""
        issue = self.jira.issues.get(issue_id or 0)
        asker = Asker("somebody", sees_all=self.flavor.sees_all)
        return issue if issue and self.jira.shows(issue, asker) else None

    # --- comments and changelogs -----------------------------------------------------------------

    def comments(self, issue: Issue, most: int) -> Json:
        """The oldest, up to `most`; `total` tells of the rest."""
        shown = [self.comment(comment) for comment in issue.comments[:most]]
        return {
            "comments": shown, "self": f"{self.flavor.rest}/issue/{issue.id}/comment",
            "maxResults": most, "total": len(issue.comments), "startAt": 0,
        }  # fmt: skip

    def comment(self, comment: Comment) -> Json:
        fields: Json = {
            "self": f"{self.flavor.rest}/issue/{comment.issue}/comment/{comment.id}",
            "id": str(comment.id),
            "author": self.user(comment.author),
            "body": self.text(comment.body, comment.raw),
            "updateAuthor": self.user(comment.editor),
            "created": self.at(comment.created),
            "updated": self.at(comment.updated),
        }
        return fields | ({"jsdPublic": True} if self.flavor.cloud else {})

    def changelog(self, issue: Issue) -> Json:
        """The Cloud shows the newest 40, newest first; a server everything, oldest first."""
        entries: Sequence[Entry] = issue.entries
        if self.flavor.cloud:
            entries = entries[: -EMBEDDED_CHANGES - 1 : -1]
        return {
            "startAt": 0, "maxResults": len(entries), "total": len(issue.entries),
            "histories": [self.entry(entry) for entry in entries],
        }  # fmt: skip

    def entry(self, entry: Entry, *, millis: bool = False) -> Json:
        """Without an author where Jira itself acted."""
        author = {"author": self.user(entry.author)} if entry.author else {}
        created = entry.at if millis else self.at(entry.at)
        items = [self.item(item) for item in entry.items]
        return {"id": str(entry.id), **author, "created": created, "items": items}

    def item(self, item: Item) -> Json:
        before, after = item.before_text, item.after_text
        if item.field == "description":
            before, after = self._wiki.text(before), self._wiki.text(after)
        field_id = {"fieldId": item.field_id} if item.field_id and self.flavor.cloud else {}
        people: Json = {}
        if item.field == "assignee" and self.flavor.cloud:
            people = {"tmpFromAccountId": item.before, "tmpToAccountId": item.after}
        return {
            "field": item.field, "fieldtype": item.kind, **field_id,
            "from": item.before, "fromString": before, "to": item.after, "toString": after,
            **people,
        }  # fmt: skip
