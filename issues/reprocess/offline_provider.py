"""Provider that maps stored pages and makes no requests."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from integrations.models import Integration
from integrations.providers import registry
from integrations.providers.contract.base import HttpResponse, Provider, ProviderConfigError, Scope


class NoRequests:
    """Session replacement that rejects every request."""

    def get(
        self, url: str, *, endpoint: str, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        raise _refusal()

    def post(
        self, url: str, *, endpoint: str, body: object, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        raise _refusal()

    def pause(self, wait: timedelta) -> None:
        """Do nothing: there are no requests to pause."""

    def note_quota(self, *, limit: int, remaining: int, resets_at: datetime) -> None:
        """Do nothing: no quota is used."""


def offline_provider(integration: Integration) -> Provider:
    scope = Scope(
        base_url=integration.base_url,
        scope=integration.scope,
        scope_id=integration.scope_id,
        account=integration.account,
    )
    return registry.build(integration.provider, scope, NoRequests())


def _refusal() -> ProviderConfigError:
    return ProviderConfigError(
        "Stored pages of this tracker cannot be mapped again without requests to it."
    )
