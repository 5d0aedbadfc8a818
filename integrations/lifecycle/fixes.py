"""Remedies for an integration's states: a text and an API call."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_NEW_TOKEN: Mapping[str, object] = {"token": "…"}


@dataclass(frozen=True)
class Remedy:
    fix: str
    method: str = ""
    """HTTP method of the call; empty if there is no call."""
    path: str = ""
    """Path relative to the integration's URL."""
    body: Mapping[str, object] = field(default_factory=dict)


REMEDIES: Mapping[str, Remedy] = {
    "auth": Remedy(
        "Enter a new token (PATCH this integration with `token`).", "PATCH", "", _NEW_TOKEN
    ),
    "token_expired": Remedy(
        "Make a new token and enter it (PATCH this integration with `token`).",
        "PATCH",
        "",
        _NEW_TOKEN,
    ),
    "key_unknown": Remedy(
        "Enter the token again (PATCH this integration with `token`).", "PATCH", "", _NEW_TOKEN
    ),
    "token_expires_soon": Remedy(
        "Make a new token and enter it (PATCH this integration with `token`).",
        "PATCH",
        "",
        _NEW_TOKEN,
    ),
    "access_denied": Remedy(
        "Give the token the missing right, then resume (POST `resume/`); or enter another token.",
        "POST",
        "resume/",
    ),
    "not_found": Remedy(
        "Check that the scope still exists and that the token may see it, then resume "
        "(POST `resume/`).",
        "POST",
        "resume/",
    ),
    "config": Remedy(
        "Connect again with an address that works, or ask the operator to allow this one; then "
        "resume (POST `resume/`).",
        "POST",
        "resume/",
    ),
    "paused": Remedy(
        "Resume it (POST `resume/`, or PATCH this integration with `paused` false).",
        "POST",
        "resume/",
    ),
    "rate_limited": Remedy("Nothing to do: syncing continues when the tracker allows it."),
    "unavailable": Remedy("Nothing to do: DIIP tries again automatically.", "POST", "resume/"),
    "incomplete": Remedy(
        "Nothing to do: everything else is read normally. The next census looks for the missing "
        "records again; administrators see quarantined records with the reason."
    ),
    "response": Remedy("Nothing to do: DIIP tries again automatically.", "POST", "resume/"),
}
NONE = Remedy("")


def remedy_for(reason: str) -> Remedy:
    return REMEDIES.get(reason, NONE)
