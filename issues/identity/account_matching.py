"""Evidence that two accounts belong to one person, and the rule for suggestions.

| evidence        | kind   | holds if                                                             |
| --------------- | ------ | -------------------------------------------------------------------- |
| `same_email`    | e-mail | digests of their addresses are equal                                 |
| `same_login`    | name   | logins are equal, or a login equals the other's display name, or an  |
|                 |        | address is the no-reply address of the other account                 |
| `same_name`     | name   | display names are equal                                              |
| `linked_issues` | work   | both take part in issues that are linked                             |

A pair is suggested with `same_email`, or with `linked_issues` and at least one kind of name. Names
alone are never enough: two people can share a name.

Never suggested: pairs with a bot; two deleted accounts; two accounts of one tracker, except with
`same_email` (two logins there usually have a purpose, and a login reused under another id is
another person).

Names are compared without case, spaces and character width. Names of fewer than four characters
and generic names (`admin`, `user123`, digits only) are no evidence.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

SAME_EMAIL = "same_email"
SAME_LOGIN = "same_login"
SAME_NAME = "same_name"
LINKED_ISSUES = "linked_issues"
NAMES = frozenset({SAME_LOGIN, SAME_NAME})
EVIDENCE_TEXTS = {
    SAME_EMAIL: "Both accounts have the same e-mail address.",
    SAME_LOGIN: "The login of one account is the login or name of the other.",
    SAME_NAME: "Both accounts have the same display name.",
    LINKED_ISSUES: "Both accounts take part in issues that are linked.",
}

NOREPLY_MARK = "~"
"""Prefix for digests of no-reply addresses: they name an account and cannot be shared."""
SHORTEST_NAME = 4
_GENERIC_NAME = re.compile(
    r"admin(istrator)?|anonymous|bots?|build|contact|dependabot|deploy(er)?|dev(eloper|elopers|ops)?"
    r"|(deleted|deactivated|former|unknown|anonymous|test|system|jira|github)user|ghost|guest|help"
    r"|hello|info|jenkins|jira|mail|maintainers?|nobody|none|null|office|owner|reporter|root|sales"
    r"|service(account)?|support|sys(tem|admin)|team|temp|test(er|ing)?|unassigned|unknown"
    r"|users?|web(master)?",
)
# https://docs.github.com/en/account-and-profile/reference/email-addresses-reference
_NOREPLY = re.compile(
    r"(?:(?P<id>[0-9]+)\+)?(?P<login>[^+@\s]+)@users\.noreply\.(?P<host>[a-z0-9.-]+)"
)


@dataclass(frozen=True, slots=True)
class Account:
    """Person data used for matching."""

    id: int
    tracker: tuple[str, str]
    """Provider and origin."""
    login: str
    display_name: str = ""
    email_digest: str = ""
    aliases: frozenset[str] = frozenset()
    """Digests of the no-reply addresses that name this account."""
    is_bot: bool = False
    is_deleted: bool = False


def is_suggested(one: Account, other: Account, evidence: Iterable[str]) -> bool:
    """Apply the suggestion rule in the module docstring."""
    if one.id == other.id or one.is_bot or other.is_bot or (one.is_deleted and other.is_deleted):
        return False
    codes = set(evidence)
    if SAME_EMAIL in codes:
        return True
    return one.tracker != other.tracker and LINKED_ISSUES in codes and bool(codes & NAMES)


def find_evidence(one: Account, other: Account, *, linked: bool) -> tuple[str, ...]:
    """Return the evidence codes that hold, in table order."""
    login, name = normalise_name(one.login), normalise_name(one.display_name)
    other_login, other_name = normalise_name(other.login), normalise_name(other.display_name)
    holds = {
        SAME_EMAIL: _is_address(one.email_digest) and one.email_digest == other.email_digest,
        SAME_LOGIN: bool(login and login in (other_login, other_name))
        or bool(other_login and other_login == name)
        or bool(_account_names(one) & _account_names(other)),
        SAME_NAME: bool(name and name == other_name),
        LINKED_ISSUES: linked,
    }
    return tuple(code for code, is_so in holds.items() if is_so)


def match_keys(account: Account) -> frozenset[str]:
    """Return matching keys; accounts with email or name evidence share at least one."""
    names = {
        normalise_name(account.login),
        normalise_name(account.display_name),
        account.email_digest,
    }
    return frozenset((names | account.aliases) - {""})


def normalise_name(text: str) -> str:
    """Normalise a name for comparison; empty for a name without meaning."""
    plain = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    stem = plain.rstrip("0123456789_-.")
    is_generic = len(plain) < SHORTEST_NAME or not stem or _GENERIC_NAME.fullmatch(stem)
    return "" if is_generic else plain


def _account_names(account: Account) -> frozenset[str]:
    own = {account.email_digest} if account.email_digest.startswith(NOREPLY_MARK) else set()
    return account.aliases | own


def _is_address(digest: str) -> bool:
    return bool(digest) and not digest.startswith(NOREPLY_MARK)


# --- no-reply addresses --------------------------------------------------------------------------


def read_noreply(address: str) -> str:
    """Return the account named by a GitHub no-reply address; empty for other addresses.

    Prefers the id, because logins change owners: `123+ann@…` stays account 123's.
    """
    found = _NOREPLY.fullmatch(address.strip().casefold())
    if not found:
        return ""
    by = ("id", found["id"]) if found["id"] else ("login", found["login"])
    return "/".join((found["host"], *by))


def noreply_names(provider: str, origin: str, source_person_id: str, login: str) -> list[str]:
    """Return the possible `read_noreply` results for this account."""
    if provider != "github":
        return []
    host = origin.removeprefix("api.").casefold()
    return [f"{host}/id/{source_person_id}", f"{host}/login/{login.casefold()}"]


# --- groups of accounts --------------------------------------------------------------------------


def connect(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Map every account to the lowest account connected with it by pairs."""
    lowest: dict[int, int] = {}

    def find(account: int) -> int:
        path = []
        while (above := lowest.setdefault(account, account)) != account:
            path.append(account)
            account = above
        lowest.update(dict.fromkeys(path, account))
        return account

    for one, other in pairs:
        first, second = sorted((find(one), find(other)))
        lowest[second] = first
    return {account: find(account) for account in list(lowest)}


def digest_email(email: str) -> str:
    """Digest an email address; equal for equal addresses, not reversible without our key."""
    address = email.strip().casefold()
    if named := read_noreply(address):
        return digest_noreply(named)
    return _digest(address) if address else ""


def digest_noreply(account: str) -> str:
    """Digest the account named by a no-reply address."""
    return NOREPLY_MARK + _digest(account)[: -len(NOREPLY_MARK)]


def _digest(text: str) -> str:
    return salted_hmac("issues.person.email", text, algorithm="sha256").hexdigest()
