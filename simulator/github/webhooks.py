"""GitHub's webhooks: what is sent for which change.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from itertools import count
from uuid import UUID

import msgspec

from simulator.content.people import Person
from simulator.deliveries import Deliveries, Subscription
from simulator.seeded_random import key_of, mix
from simulator.web import Outgoing

from .fields import Json, type_fields, user_fields
from .model import Happening
from .profiles import repository_fields
from .repository import Repository
from .state import GitHub, Shelf

_TRACKER = "github"
_ME = "hana-forge"


class Webhooks:
    """Listens to a GitHub's changes and hands their payloads to the deliveries."""

    def __init__(self, github: GitHub, deliveries: Deliveries) -> None:
        self._github, self._deliveries = github, deliveries
        self._key, self._numbers = key_of(github.seed, "webhooks"), count(1)
        deliveries.greetings[_TRACKER] = self.ping
        github.listen(self.heard, self.renamed)

    # --- what is heard ---------------------------------------------------------------------------

    def heard(self, repository: Repository, happening: Happening) -> None:
        """Pull requests have events of their own; only their comments are told here."""
        is_told = happening.comment is not None or not happening.issue.is_pull
        if not self._deliveries.is_wanted(_TRACKER) or not is_told:
            return
        event = "issues" if happening.comment is None else "issue_comment"
        shelf = self._github.shelf(repository.full_name)
        fields: Json = {"action": happening.action}
        fields |= {"issue": shelf.render.issue(happening.issue.number)}
        fields |= self._detail(shelf, happening)
        self._send(event, fields | self._common(shelf, happening.actor))

    def renamed(self, shelf: Shelf, before: str) -> None:
        if self._deliveries.is_wanted(_TRACKER):
            changes = {"repository": {"name": {"from": before.split("/")[1]}}}
            fields: Json = {"action": "renamed", "changes": changes}
            self._send("repository", fields | self._common(shelf, _ME))

    def ping(self, subscription: Subscription) -> Outgoing:
        """Sent once, when a hook is made."""
        shelf = self._github.shelf(self._github.names()[0])
        hook = {
            "type": "Repository", "id": subscription.id, "name": "web", "active": True,
            "events": ["issues", "issue_comment", "repository"],
            "config": {"content_type": "json", "insecure_ssl": "0", "url": subscription.url},
        }  # fmt: skip
        fields = {"zen": "Design for failure.", "hook_id": subscription.id, "hook": hook}
        return self._outgoing("ping", fields | self._common(shelf, _ME))

    # --- payloads --------------------------------------------------------------------------------

    def _detail(self, shelf: Shelf, happening: Happening) -> Json:
        detail: Json = {}
        if happening.comment is not None:
            detail["comment"] = shelf.render.comment(happening.comment)
        if happening.action == "edited":
            detail["changes"] = {name: {"from": old} for name, old in happening.before.items()}
        if happening.label:
            detail["label"] = shelf.render.label(happening.label)
        if happening.assignee:
            detail["assignee"] = shelf.render.user(happening.assignee)
        if happening.type:
            detail["type"] = type_fields(happening.type)
        return detail | self._transfer(happening)

    def _common(self, shelf: Shelf, actor: str) -> Json:
        owner = shelf.repository.full_name.split("/")[0]
        account = user_fields(Person(owner, 583231), self._github.api, self._github.web)
        return {
            "repository": repository_fields(shelf, self._github),
            "organization": account | {"type": "Organization"},
            "sender": shelf.render.user(actor),
        }

    def _transfer(self, happening: Happening) -> Json:
        """Either side names the other."""
        if happening.other is None:
            return {}
        shelf = self._github.shelf(happening.other_repository)
        side = "new" if happening.action == "transferred" else "old"
        return {
            "changes": {
                f"{side}_issue": shelf.render.issue(happening.other.number),
                f"{side}_repository": repository_fields(shelf, self._github),
            }
        }

    def _send(self, event: str, fields: Json) -> None:
        self._deliveries.happened(_TRACKER, self._outgoing(event, fields))

    def _outgoing(self, event: str, fields: Json) -> Outgoing:
        number = next(self._numbers)
        guid = UUID(int=mix(self._key, number, 1) << 64 | mix(self._key, number, 2), version=4)
        headers = {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/6d7ecd1",
            "X-GitHub-Delivery": str(guid),
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": "{hook}",
            "X-GitHub-Hook-Installation-Target-Type": "repository",
        }
        return Outgoing(event, headers, msgspec.json.encode(fields), "X-Hub-Signature-256")
