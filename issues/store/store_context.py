"""Context of one integration's storage, with cached ids."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.db import connection

from integrations.models import Integration
from integrations.providers import registry
from integrations.providers.contract.base import PersonRecord
from issues.references.issue_refs import Tracker, Trackers

_PROJECT_LOCKS = 0x4C49_4E4B << 32
"""Namespace that separates the project locks from other advisory locks."""


@dataclass(frozen=True, slots=True)
class Target:
    """Integration whose records are stored, with ids of people and labels seen so far."""

    integration_id: int
    project_id: int
    provider: str
    origin: str
    tracker: Tracker
    issues_move: bool = False
    """Flag: issues keep their ids when they change scope (`Provider.issues_move`)."""
    seen_at: datetime | None = None
    """Fetch time of a stored page that is mapped again; None for live pages.

    If set, tombstones and people changed since then are kept.
    """
    person_ids: dict[PersonRecord, int] = field(default_factory=dict)
    label_ids: dict[tuple[str, str], int] = field(default_factory=dict)
    status_words: dict[str, str] = field(default_factory=dict)
    """Provider's class of each status word seen so far."""
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
        """Return the project's connected trackers; queried once."""
        if not self._trackers:
            connected = Integration.objects.filter(project=self.project_id, removed_at=None)
            self._trackers.append(Trackers(self.tracker, map(_tracker, connected.order_by("pk"))))
        return self._trackers[0]

    def lock_project(self) -> None:
        """Serialise page storage of the project's integrations until commit.

        Otherwise an issue and a link to it, or a moved issue and its former scope, could miss each
        other. Call before reading or locking rows. SQLite has a single writer anyway.
        """
        if connection.vendor == "postgresql" and len(self.trackers.all) > 1:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(%s)", [_PROJECT_LOCKS | self.project_id]
                )

    def clear_cache(self) -> None:
        """Clear cached ids after a rollback; their rows may not exist."""
        self.person_ids.clear()
        self.label_ids.clear()
        self.status_words.clear()


def origin_of(integration: Integration) -> str:
    """Return the host within which person ids are unique.

    Behind a shared gateway the site follows `#`. Stack Exchange sites share an API host but not
    accounts.
    """
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
