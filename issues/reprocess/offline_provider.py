"""A provider that maps what was kept and asks nothing."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from integrations.models import Integration
from integrations.providers import registry
from integrations.providers.contract.base import HttpResponse, Provider, ProviderConfigError, Scope


class NoRequests:
    """In the place of a session."""

    def get(
        self, url: str, *, endpoint: str, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        raise _refusal()

    def post(
        self, url: str, *, endpoint: str, body: object, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        raise _refusal()

    def pause(self, wait: timedelta) -> None:
        """There is nothing to pause."""

    def note_quota(self, *, limit: int, remaining: int, resets_at: datetime) -> None:
        """Nothing is spent."""


def offline_provider(integration: Integration) -> Provider:
    scope = Scope(
        base_url=integration.base_url,
        scope=integration.scope,
        scope_id=integration.scope_id,
        account=integration.account,
    )
    return registry.build(integration.provider, scope, NoRequests())


def _refusal() -> ProviderConfigError:
    return ProviderConfigError("Its pages cannot be mapped again without asking the tracker.")
