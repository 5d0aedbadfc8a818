"""Mapping of accounts: Cloud has `accountId`, Data Center `key` and `name`."""

from urllib.parse import quote

from integrations.providers.contract.base import PersonRecord
from integrations.providers.jira.payloads import User
from integrations.providers.jira.site import Place

_UNKNOWN = "unknown"
"""Placeholder that Jira uses for an account whose record is lost."""
_FORMER = "former user"
"""Display name that Jira gives accounts deleted on request."""


def to_person(user: User | None, place: Place) -> PersonRecord | None:
    """Map a user; None if there is none or it has no identifier."""
    if user is None:
        return None
    identity = user.account_id or user.key or user.name
    if not identity:
        return None
    shown = user.display_name or ""
    return PersonRecord(
        source_person_id=identity,
        login=(shown if user.account_id else user.name) or shown or identity,
        display_name=shown,
        url=_profile(user, place),
        is_bot=user.account_type == "app",
        is_deleted=_is_deleted(user),
        email=user.email_address or "",
    )


def _is_deleted(user: User) -> bool:
    """Return True only if Jira reports deletion: inactive accounts may be reactivated."""
    is_lost = _UNKNOWN in (user.account_id, user.account_type)
    return is_lost or (user.display_name or "").strip().lower() == _FORMER


def _profile(user: User, place: Place) -> str:
    if user.account_id:
        return f"{place.site}/jira/people/{quote(user.account_id, safe=':')}"
    if user.name:
        return f"{place.site}/secure/ViewProfile.jspa?name={quote(user.name, safe='')}"
    return ""
