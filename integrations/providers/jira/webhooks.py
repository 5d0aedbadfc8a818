"""Jira webhooks: signed deliveries, possibly late or repeated, used as hints only.

https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from integrations.providers.contract.base import IssueRef, Scope, WebhookNotice
from integrations.providers.jira.payloads import Id
from integrations.providers.jira.site import place_of
from integrations.providers.parsing.record_reader import read_delivery
from integrations.providers.parsing.signatures import is_signed

_SIGNATURE = "x-hub-signature"
_DELIVERY = "x-atlassian-webhook-identifier"
_OF_ISSUES = ("jira:issue_", "comment_", "issuelink_", "worklog_")
_OF_PROJECTS = "project_"
_MAX_DELIVERY = 200
_EVENTS = (
    "Under Issue related events enter the JQL `project = {scope}`, and tick created, updated and "
    "deleted for Issue, Comment and Issue link."
)


class _Issue(msgspec.Struct):
    id: Id = ""
    key: str = ""


class _Link(msgspec.Struct, rename="camel"):
    source_issue_id: Id = ""
    destination_issue_id: Id = ""


class _Delivery(msgspec.Struct, rename="camel"):
    webhook_event: str = ""
    issue: _Issue | None = None
    issue_link: _Link | None = None


class JiraWebhooks:
    """Webhook reader for Jira; implements `base.Webhooks`."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
        return is_signed(headers.get(_SIGNATURE, "").strip(), body, secrets)

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookNotice:
        delivery = read_delivery(body, _Delivery)
        event = delivery.webhook_event
        return WebhookNotice(
            delivery_id=headers.get(_DELIVERY, "").strip()[:_MAX_DELIVERY],
            event=event[:100],
            issues=tuple(_named(delivery)) if event.startswith(_OF_ISSUES) else (),
            concerns_scope=event.startswith(_OF_PROJECTS),
        )

    def steps(self, *, scope: Scope, web_url: str, url: str, secret: str) -> tuple[str, ...]:
        place = place_of(scope.base_url)
        site = place.site if place else scope.base_url
        return (
            f"As a Jira administrator open {site}/plugins/servlet/webhooks.",
            "Press Create a WebHook, give it a name and leave it enabled.",
            f"As URL enter {url}",
            _secret_step(secret, is_cloud=place is None or place.is_cloud),
            _EVENTS.format(scope=scope.scope),
            "Leave Exclude body disabled, and save.",
        )


def _secret_step(secret: str, *, is_cloud: bool) -> str:
    if is_cloud:
        return f"As Secret enter {secret}"
    return (
        f"As Secret enter {secret} (a Jira without this field cannot sign its deliveries, and "
        "DIIP refuses unsigned deliveries: there the regular sync reads all changes)."
    )


def _named(delivery: _Delivery) -> Iterator[IssueRef]:
    issue, link = delivery.issue, delivery.issue_link
    if issue and (issue.id or issue.key):
        yield IssueRef(source_issue_id=str(issue.id), key=issue.key)
    if link:
        for each in (link.source_issue_id, link.destination_issue_id):
            if each:
                yield IssueRef(source_issue_id=str(each))
