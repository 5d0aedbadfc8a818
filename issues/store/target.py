"""Where records are stored, and what was learned of it so far."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from integrations.models import Integration
from integrations.providers.base import PersonRecord


@dataclass(frozen=True, slots=True)
class Target:
    """One integration's place in the tables, with the people and labels already met."""

    integration_id: int
    project_id: int
    provider: str
    origin: str
    seen_at: datetime | None = None
    """Of records mapped again from what was kept: when that came. Tombstones and people who changed
    since stay as they are. None: they come from the tracker just now."""
    person_ids: dict[PersonRecord, int] = field(default_factory=dict)
    label_ids: dict[tuple[str, str], int] = field(default_factory=dict)
    status_words: dict[str, str] = field(default_factory=dict)
    """What the provider makes of the tracker's status words met so far."""

    @classmethod
    def of(cls, integration: Integration, *, seen_at: datetime | None = None) -> "Target":
        return cls(
            seen_at=seen_at,
            integration_id=integration.pk,
            project_id=integration.project_id,
            provider=integration.provider,
            origin=origin_of(integration),
        )

    def forget(self) -> None:
        """A transaction was rolled back: ids learned in it may not exist."""
        self.person_ids.clear()
        self.label_ids.clear()
        self.status_words.clear()


def origin_of(integration: Integration) -> str:
    """Host of the tracker. Behind a gateway that serves many, the site stands after `#`."""
    root, _, site = integration.base_url.partition("#")
    return urlsplit(site or root).netloc
