"""What Jira sends when something happened: a body, headers, and where its signature goes."""

from typing import TYPE_CHECKING, Any

import msgspec

from simulator.seeded_random import key_of
from simulator.web import Outgoing

from .field_selection import Wanted
from .mutation_log import Happening
from .parts import Flavor, Json
from .render import Renderer

if TYPE_CHECKING:
    from .state import Jira

_WHOLE = Wanted(base="all", without=frozenset({"comment"}))
_BRIEF = Wanted(
    named=frozenset({"summary", "issuetype", "project", "assignee", "priority", "status"})
)
_KINDS = {
    "jira:issue_created": "issue_created", "jira:issue_updated": "issue_updated",
    "jira:issue_deleted": "issue_deleted",
}  # fmt: skip


class Webhooks:
    """Turns happenings into deliveries, in version 2's words (wiki text), as the real ones are."""

    def __init__(self, jira: "Jira") -> None:
        self._jira = jira
        flavor = Flavor(jira.url, "2", jira.options.zone, jira.cloud, sees_all=True)
        self._render = Renderer(jira, flavor)

    def tell(self, happening: Happening) -> None:
        if self._jira.on_happened:
            self._jira.on_happened(self.outgoing(happening))

    def outgoing(self, happening: Happening) -> Outgoing:
        body = self._body(happening)
        name = key_of(self._jira.url, happening.event, self._jira.version)
        return Outgoing(
            event=happening.event,
            headers={
                "Content-Type": "application/json; charset=UTF-8",
                "User-Agent": "Atlassian Webhook HTTP Client",
                "X-Atlassian-Webhook-Identifier": f"{name:016x}",
                "X-Atlassian-Webhook-Retry": "0",
            },
            body=msgspec.json.encode(body),
            signature_header="X-Hub-Signature",
        )

    def _body(self, happening: Happening) -> Json:
        issue, now = happening.issue, int(self._jira.clock.exact() * 1000)
        body: dict[str, Any] = {"timestamp": now, "webhookEvent": happening.event}
        if happening.comment:
            return body | {
                "comment": self._render.comment(happening.comment),
                "issue": self._render.row(issue, _BRIEF),
                "eventType": "primaryAction",
            }
        body |= {
            "issue_event_type_name": self._kind(happening),
            "user": self._render.user(happening.actor),
            "issue": self._render.row(issue, _WHOLE),
        }
        if happening.entry:
            items = [self._render.item(item) for item in happening.entry.items]
            body["changelog"] = {"id": str(happening.entry.id), "items": items}
        return body

    @staticmethod
    def _kind(happening: Happening) -> str:
        fields = {item.field for item in happening.entry.items} if happening.entry else set()
        if "Key" in fields:
            return "issue_moved"
        if "assignee" in fields:
            return "issue_assigned"
        return "issue_generic" if "status" in fields else _KINDS[happening.event]
