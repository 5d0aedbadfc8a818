"""GitHub webhooks: verification, and the issues a delivery names.

https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

import msgspec

from integrations.providers.contract.base import (
    IssueRef,
    ProviderResponseError,
    Scope,
    WebhookNotice,
)
from integrations.providers.github.payloads import Id, Present
from integrations.providers.parsing.record_reader import read_delivery
from integrations.providers.parsing.signatures import is_signed

_ISSUE_EVENTS = frozenset({"issues", "issue_comment", "sub_issues", "issue_dependencies"})
# These report, among others, a repository made private and revoked access of an app.
_SCOPE_EVENTS = frozenset(
    {"label", "repository", "public", "installation", "installation_repositories"}
)
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 10
_EVENTS_TO_CHOOSE = (
    "Choose “Let me select individual events”: Issues, Issue comments, Labels, Repositories; also "
    "Sub-issues and Issue dependencies if available."
)
_ISSUE_FIELDS = ("issue", "sub_issue", "parent_issue", "blocked_issue", "blocking_issue")


class _Issue(msgspec.Struct):
    id: Id
    number: Id
    repository_url: str = ""
    pull_request: Present | None = None


class _Repository(msgspec.Struct):
    full_name: str = ""


class _Payload(msgspec.Struct):
    """Issues that a delivery names, in any of its fields."""

    action: str = ""
    repository: _Repository | None = None
    issue: _Issue | None = None
    sub_issue: _Issue | None = None
    parent_issue: _Issue | None = None
    blocked_issue: _Issue | None = None
    blocking_issue: _Issue | None = None


class GitHubWebhooks:
    """Webhook reader for GitHub; implements `base.Webhooks`."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
        return is_signed(headers.get("x-hub-signature-256", ""), body, secrets)

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookNotice:
        event = headers.get("x-github-event", "")
        payload = _read(event, _json_of(headers, body))
        named = [getattr(payload, name) for name in _ISSUE_FIELDS]
        issues = [issue for issue in named if issue and _is_ours(issue, payload)]
        return WebhookNotice(
            delivery_id=headers.get("x-github-delivery", ""),
            event=event,
            issues=tuple(_ref(issue) for issue in issues) if event in _ISSUE_EVENTS else (),
            # A new label or repository affects no stored issue.
            concerns_scope=event in _SCOPE_EVENTS and payload.action != "created",
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


def _read(event: str, body: bytes) -> _Payload:
    """Parse known events; for others only check that they are JSON."""
    if event in _ISSUE_EVENTS | _SCOPE_EVENTS:
        return read_delivery(body, _Payload)
    read_delivery(body, Present)
    return _Payload()


def _json_of(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the JSON body; a hook may be configured to send it as a form field."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return body
    try:
        return parse_qs(body, strict_parsing=True, max_num_fields=_MOST_FIELDS)[b"payload"][0]
    except (ValueError, KeyError):
        raise ProviderResponseError("The delivery is a form without a payload.") from None


def _is_ours(issue: _Issue, payload: _Payload) -> bool:
    """Return False for pull requests and for issues of another repository."""
    if issue.pull_request is not None:
        return False
    if issue is payload.issue or not (payload.repository and issue.repository_url):
        return True
    return issue.repository_url.lower().endswith(f"/repos/{payload.repository.full_name.lower()}")


def _ref(issue: _Issue) -> IssueRef:
    return IssueRef(source_issue_id=str(issue.id), key=f"#{issue.number}")
