"""What GitHub pushes: whether it is GitHub's, and which issues it hints at.

https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from collections.abc import Mapping, Sequence

import msgspec

from integrations.providers.base import IssueRef, Scope, WebhookNotice
from integrations.providers.github.payloads import Id, Present
from integrations.providers.reading import read_object
from integrations.providers.signatures import is_signed

_ISSUE_EVENTS = frozenset({"issues", "issue_comment", "sub_issues", "issue_dependencies"})
_SCOPE_EVENTS = frozenset({"label", "repository"})
_EVENTS_TO_CHOOSE = (
    "Choose “Let me select individual events”: Issues, Issue comments, Labels, Repositories; also "
    "Sub-issues and Issue dependencies where they are offered."
)
_ISSUE_FIELDS = ("issue", "sub_issue", "parent_issue", "blocked_issue", "blocking_issue")


class _Issue(msgspec.Struct):
    id: Id
    number: Id
    pull_request: Present | None = None


class _Payload(msgspec.Struct):
    """The issues that a delivery names, under whatever name."""

    issue: _Issue | None = None
    sub_issue: _Issue | None = None
    parent_issue: _Issue | None = None
    blocked_issue: _Issue | None = None
    blocking_issue: _Issue | None = None


class GitHubWebhooks:
    """The contract is `base.Webhooks`."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
        return is_signed(headers.get("x-hub-signature-256", ""), body, secrets)

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookNotice:
        event = headers.get("x-github-event", "")
        payload = read_object(body, _Payload)
        named = [getattr(payload, name) for name in _ISSUE_FIELDS]
        issues = [issue for issue in named if issue and issue.pull_request is None]
        return WebhookNotice(
            delivery_id=headers.get("x-github-delivery", ""),
            event=event,
            issues=tuple(_ref(issue) for issue in issues) if event in _ISSUE_EVENTS else (),
            concerns_scope=event in _SCOPE_EVENTS,
        )

    def steps(self, *, scope: Scope, web_url: str, url: str, secret: str) -> tuple[str, ...]:
        settings = f"{web_url}/settings/hooks/new" if web_url else "Settings > Webhooks"
        return (
            f"Open {settings} (you need to be an administrator of {scope.scope}).",
            f"Payload URL: {url}",
            "Content type: application/json",
            f"Secret: {secret}",
            "Leave SSL verification enabled.",
            _EVENTS_TO_CHOOSE,
            "Add webhook. GitHub sends a ping at once: it shows under Recent Deliveries with 200.",
        )


def _ref(issue: _Issue) -> IssueRef:
    return IssueRef(source_issue_id=str(issue.id), key=f"#{issue.number}")
