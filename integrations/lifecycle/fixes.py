"""What to do about a state of an integration: in words, and what to call."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_NEW_TOKEN: Mapping[str, object] = {"token": "…"}


@dataclass(frozen=True)
class Remedy:
    fix: str
    method: str = ""
    """Of the call that does it; empty: nothing to call."""
    path: str = ""
    """Below the integration's own."""
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
        "Connect again with an address that works, or let the operator allow this one; then "
        "resume (POST `resume/`).",
        "POST",
        "resume/",
    ),
    "paused": Remedy(
        "Resume it (POST `resume/`, or PATCH this integration with `paused` false).",
        "POST",
        "resume/",
    ),
    "rate_limited": Remedy("Nothing to do: syncing goes on by itself when the tracker allows it."),
    "unavailable": Remedy("Nothing to do: it is tried again by itself.", "POST", "resume/"),
    "incomplete": Remedy(
        "Nothing is lost: all else is read as ever. The next census looks again for what is "
        "missing; what stays in quarantine is shown to administrators, with the reason."
    ),
    "response": Remedy("Nothing to do: it is tried again by itself.", "POST", "resume/"),
}
NONE = Remedy("")


def remedy_for(reason: str) -> Remedy:
    return REMEDIES.get(reason, NONE)
