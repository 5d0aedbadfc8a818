"""Where records are stored, and what was learned of it so far."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.db import connection

from integrations.models import Integration
from integrations.providers import registry
from integrations.providers.contract.base import PersonRecord
from issues.references.issue_refs import Tracker, Trackers

_TURNS = 0x4C49_4E4B << 32
"""Sets the locks of `Target.take_turn` apart from other advisory locks."""


@dataclass(frozen=True, slots=True)
class Target:
    """One integration's place in the tables, with the people and labels already met."""

    integration_id: int
    project_id: int
    provider: str
    origin: str
    tracker: Tracker
    issues_move: bool = False
    """They keep their ids when they move to another scope (`Provider.issues_move`)."""
    seen_at: datetime | None = None
    """Of records mapped again from what was kept: when that came. Tombstones and people who changed
    since stay as they are. None: they come from the tracker just now."""
    person_ids: dict[PersonRecord, int] = field(default_factory=dict)
    label_ids: dict[tuple[str, str], int] = field(default_factory=dict)
    status_words: dict[str, str] = field(default_factory=dict)
    """What the provider makes of the tracker's status words met so far."""
    _trackers: list[Trackers] = field(default_factory=list)

    @classmethod
    def of(cls, integration: Integration, *, seen_at: datetime | None = None) -> "Target":
        return cls(
            seen_at=seen_at,
            integration_id=integration.pk,
            project_id=integration.project_id,
            provider=integration.provider,
            origin=origin_of(integration),
            tracker=_tracker(integration),
            issues_move=_issues_move(integration.provider),
        )

    @property
    def trackers(self) -> Trackers:
        """What the project has connected; asked for once."""
        if not self._trackers:
            connected = Integration.objects.filter(project=self.project_id, removed_at=None)
            self._trackers.append(Trackers(self.tracker, map(_tracker, connected.order_by("pk"))))
        return self._trackers[0]

    def take_turn(self) -> None:
        """Integrations of one project store their pages one after the other, until they commit.

        Else an issue and a link to it, or an issue that moves and the scope it left, could miss
        each other. To be called before anything is read or locked. (SQLite has one writer anyway.)
        """
        if connection.vendor == "postgresql" and len(self.trackers.all) > 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURNS | self.project_id])

    def forget(self) -> None:
        """A transaction was rolled back: ids learned in it may not exist."""
        self.person_ids.clear()
        self.label_ids.clear()
        self.status_words.clear()


def origin_of(integration: Integration) -> str:
    """Where the ids of people are unique: the host of the tracker. Behind a gateway that serves
    many, the site stands after `#`; sites of Stack Exchange share an API's host, not accounts."""
    if integration.provider == "stackoverflow":
        return _tracker(integration).root
    root, _, site = integration.base_url.partition("#")
    return urlsplit(site or root).netloc


def _tracker(integration: Integration) -> Tracker:
    return Tracker.at(
        integration.pk,
        integration.provider,
        integration.base_url,
        integration.scope,
        integration.web_url,
    )


def _issues_move(provider: str) -> bool:
    return provider in registry.PROVIDERS and registry.PROVIDERS[provider].issues_move
