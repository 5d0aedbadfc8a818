"""Inputs of providers and descriptions of scopes: frozen plain values, aware UTC."""

from datetime import datetime
from typing import Literal

import msgspec

from integrations.providers.contract.records import IssueRef


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Scope to read, with address and credential."""

    base_url: str
    scope: str
    scope_id: str = ""
    token: str = ""
    account: str = ""
    """Owner of the token where the tracker requires it (Jira Cloud: the e-mail)."""

    def __repr__(self) -> str:
        """Represent the scope without its token."""
        return f"Scope({self.base_url!r}, {self.scope!r})"


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Start position of a pass over one feed."""

    since: datetime | None = None
    """Earliest update to read, inclusive; None reads everything."""
    etag: str = ""
    """ETag for the first request of a pass; not sent with a `page_token`."""
    page_token: str = ""
    """Page to resume at (a `next_token` of an earlier page)."""
    mark: str = ""
    """Id to stop at, for feeds without `since`."""
    horizon: datetime | None = None
    """Latest time of an id that may become the next mark, for feeds without `since`."""


class ScopeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Scope as identified by `check`."""

    scope: str
    """Scope in the provider's spelling (`owner/name`); may differ from the request."""
    scope_id: str
    """Stable id of the scope at the provider."""
    base_url: str
    """API root that answered; may differ from the request (an added /api/v3)."""
    web_url: str = ""
    shares_with: tuple[str, ...] = ()
    """Prefixes of scopes that may share issues with this one."""
    is_private: bool | None = None
    token_expires_at: datetime | None = None
    notes: tuple[str, ...] = ()
    """Sentences for the user who connects ("without a token: 60 requests an hour")."""


# --- connecting -------------------------------------------------------------------------------

InputKind = Literal["token", "account", "url", "repository", "text", "words"]
"""Kind of an input: token (secret), account (e-mail), repository (owner/name, by default the
project's own), words (list of short texts)."""


class ConnectInput(msgspec.Struct, frozen=True, kw_only=True):
    """User input for connecting a scope; the API's form consists of these."""

    name: str
    kind: InputKind
    required: bool = False
    help: str = ""
    max_length: int = 300


# --- webhooks ---------------------------------------------------------------------------------


class WebhookNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Hint in a delivery. Its content is not trusted: the issues it names are fetched."""

    delivery_id: str
    """Id shared by all copies of one delivery; empty if the tracker sent none."""
    event: str
    issues: tuple[IssueRef, ...] = ()
    concerns_scope: bool = False
    """Set if the scope or much of it changed, so that a full sync is due."""
