"""Access to a tracker with a credential, stored or proposed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from msgspec import structs

from diip.common.errors import DomainError, Unavailable, UpstreamRefused
from integrations.credentials import crypto
from integrations.http.session import MAX_TRIES, CallRecord, Quota, Session, log_calls, open_session
from integrations.models import Integration
from integrations.providers import registry
from integrations.providers.contract.base import (
    Provider,
    ProviderError,
    ProviderResponseError,
    Scope,
    ScopeInfo,
)

TRIES_WHILE_WAITED_FOR = 2
CHECK_SECONDS = 10.0
"""Total time of a check while a user waits, however slowly the reply arrives."""


@dataclass(frozen=True)
class Proposal:
    """Provider and scope to connect, not stored yet."""

    provider: str
    scope: Scope = field(repr=False)

    @property
    def quota_key(self) -> str:
        host = urlsplit(self.scope.base_url).netloc.lower()
        is_per_address = registry.PROVIDERS[self.provider].quota_is_per_address
        return crypto.quota_key(host, "" if is_per_address else self.scope.token)

    def at(self, base_url: str) -> "Proposal":
        """Return a copy with the address that the tracker reported."""
        return Proposal(self.provider, structs.replace(self.scope, base_url=base_url))


@dataclass(frozen=True)
class Checked:
    """Tracker's answer to a proposal, with the calls made and the quota left."""

    info: ScopeInfo
    calls: tuple[CallRecord, ...]
    quota: Quota | None


# --- a stored credential ------------------------------------------------------------------------


def read_token(integration: Integration) -> str:
    """Return the token, empty if none is stored. Raises TokenUnreadable."""
    if not integration.has_token:
        return ""
    return crypto.decrypt(integration.token_ciphertext, row_id=integration.pk)


@contextmanager
def open_provider(integration: Integration) -> Iterator[tuple[Provider, Session]]:
    """Open the provider with its own session. The caller logs `session.calls` afterwards."""
    scope = Scope(
        base_url=integration.base_url,
        scope=integration.scope,
        scope_id=integration.scope_id,
        token=read_token(integration),
        account=integration.account,
    )
    with _open_session(Proposal(integration.provider, scope)) as session:
        session.reserve_quota(settings.DIIP_QUOTA_RESERVE)
        yield registry.build(integration.provider, scope, session), session


def _open_session(proposal: Proposal, *, tries: int = MAX_TRIES) -> Session:
    session = open_session(
        provider=proposal.provider,
        base_url=proposal.scope.base_url,
        token_key=proposal.quota_key if proposal.scope.token else "",
        tries=tries,
    )
    session.trust(*registry.PROVIDERS[proposal.provider].trusted_origins)
    return session


# --- a proposed one -----------------------------------------------------------------------------


def check_scope(proposal: Proposal, *, integration_id: int | None = None) -> Checked:
    """Check the credential with one call.

    Raises UpstreamRefused or Unavailable with the provider's message and fix.
    """
    _refuse_while_waiting(proposal.quota_key)
    try:
        with _open_session(proposal, tries=TRIES_WHILE_WAITED_FOR) as session:
            session.end_after(CHECK_SECONDS)
            try:
                info = registry.build(proposal.provider, proposal.scope, session).check()
                _refuse_oversized(info)
            except ProviderError:
                log_calls(session.calls, integration_id=integration_id, provider=proposal.provider)
                raise
            return Checked(info, tuple(session.calls), session.quota)
    except ProviderError as error:
        raise explain(error) from error


def explain(error: ProviderError) -> DomainError:
    """Convert a provider's error into a domain error for the API."""
    if error.kind == "unavailable":
        return _unavailable(error.message, "upstream_unavailable", error.retry_after)
    if error.kind == "rate_limited":
        return _unavailable(error.message, error.kind, error.retry_after)
    refusal = UpstreamRefused(error.message)
    refusal.code = error.kind
    return refusal


def _unavailable(message: str, code: str, wait: timedelta | None) -> Unavailable:
    refusal = Unavailable(message)
    refusal.code = code
    refusal.retry_after = round(wait.total_seconds()) if wait else None
    return refusal


def _refuse_while_waiting(quota_key: str) -> None:
    """Refuse checks during a wait ordered by the tracker."""
    now = timezone.now()
    peers = Integration.objects.filter(quota_key=quota_key)
    throttled = peers.filter(status=Integration.Status.THROTTLED, next_sync_at__gt=now)
    quiet = peers.filter(quiet_until__gt=now)
    dates = (
        *throttled.values_list("next_sync_at", flat=True),
        *quiet.values_list("quiet_until", flat=True),
    )
    until = max((date for date in dates if date), default=None)
    if until:
        message = (
            f"The tracker's request limit is used up until {until:%H:%M} UTC. Try again then, "
            "or use another token."
        )
        raise _unavailable(message, "rate_limited", until - now)


def _refuse_oversized(info: ScopeInfo) -> None:
    """Refuse names that do not fit their columns; real trackers send none."""
    columns = ("scope", "scope_id", "base_url", "web_url")
    limits = {name: getattr(Integration._meta.get_field(name), "max_length", 0) for name in columns}
    if any(len(getattr(info, name)) > limit for name, limit in limits.items()):
        raise ProviderResponseError(
            "The address answers, but not like this tracker. Check api_url."
        )
