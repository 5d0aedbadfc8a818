"""What goes into a provider, and what it says of a scope: plain values, frozen, aware UTC."""

from datetime import datetime
from typing import Literal

import msgspec

from integrations.providers.contract.records import IssueRef


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What to read and where."""

    base_url: str
    scope: str
    scope_id: str = ""
    token: str = ""
    account: str = ""
    """Who the token belongs to, where the tracker wants to be told (Jira Cloud: the e-mail)."""

    def __repr__(self) -> str:
        """Never the token."""
        return f"Scope({self.base_url!r}, {self.scope!r})"


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Where a pass over one feed starts."""

    since: datetime | None = None
    """Everything updated at or after this; None reads all."""
    etag: str = ""
    """Sent only with the first request of a pass, when `page_token` is empty."""
    page_token: str = ""
    """Resume here (a `next_token` of an earlier page)."""
    mark: str = ""
    """For feeds without `since`: stop at this id."""
    horizon: datetime | None = None
    """For feeds without `since`: how new an id may be to become the next mark."""


class ScopeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What `check` learned of the scope."""

    scope: str
    """In the provider's own spelling (`owner/name`); may differ from what was asked for."""
    scope_id: str
    """The provider's stable id of the scope."""
    base_url: str
    """The API root that answered; may differ from what was asked for (an added /api/v3)."""
    web_url: str = ""
    shares_with: tuple[str, ...] = ()
    """How scopes begin that may have issues in common with this one."""
    is_private: bool | None = None
    token_expires_at: datetime | None = None
    notes: tuple[str, ...] = ()
    """Sentences worth telling whoever connects ("without a token: 60 requests an hour")."""


# --- connecting -------------------------------------------------------------------------------

InputKind = Literal["token", "account", "url", "repository", "text", "words"]
"""token: secret; account: an e-mail; repository: owner/name, by default the project's own; words:
a list of short texts."""


class ConnectInput(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a person gives to connect a scope; the API's form is made of these."""

    name: str
    kind: InputKind
    required: bool = False
    help: str = ""
    max_length: int = 300


# --- webhooks ---------------------------------------------------------------------------------


class WebhookNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What a delivery hints at. It is never believed for itself: what it names is asked for."""

    delivery_id: str
    """Same for every copy of one delivery; empty where the tracker gave none."""
    event: str
    issues: tuple[IssueRef, ...] = ()
    concerns_scope: bool = False
    """The scope itself or much of it changed: a whole sync is due."""
