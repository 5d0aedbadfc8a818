"""Are two accounts one person's? What speaks for it, and when that is enough to ask a maintainer.

| evidence        | kind   | holds where                                                         |
| --------------- | ------ | ------------------------------------------------------------------- |
| `same_email`    | e-mail | digests of their addresses are equal                                |
| `same_login`    | name   | the logins are equal, or one's login is the other's display name, or |
|                 |        | one's address is the no-reply one of the other's account            |
| `same_name`     | name   | the display names are equal                                         |
| `linked_issues` | work   | both are at issues of which one links the other                     |

Suggested is a pair with `same_email`, or with `linked_issues` and a name, be it one kind of name or
both. Names alone, however many, never do: two people may be called alike.

Never suggested: a pair with a bot; two accounts that are both gone; two accounts of one tracker,
unless with `same_email` (whoever has two logins there has them for a reason, and a login that came
back under another id is another person).

Names are compared without case, blanks and width of letters. A name of fewer than four characters,
or one that anybody may have (`admin`, `user123`, digits alone), says nothing.
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
IN_WORDS = {
    SAME_EMAIL: "Both accounts have the same e-mail address.",
    SAME_LOGIN: "The login of one is the login or the name of the other.",
    SAME_NAME: "Both accounts have the same display name.",
    LINKED_ISSUES: "Both are at issues of which one links the other.",
}

NOREPLY_MARK = "~"
"""Begins the digest of an address that only names an account: no e-mail that two could share."""
SHORTEST_NAME = 4
_NOBODY = re.compile(
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
    """What of a person is looked at."""

    id: int
    tracker: tuple[str, str]
    """Provider and origin."""
    login: str
    display_name: str = ""
    email_digest: str = ""
    aliases: frozenset[str] = frozenset()
    """Digests of the no-reply addresses that name this very account."""
    is_bot: bool = False
    is_deleted: bool = False


def is_suggested(one: Account, other: Account, evidence: Iterable[str]) -> bool:
    """The rule at the head of this module."""
    if one.id == other.id or one.is_bot or other.is_bot or (one.is_deleted and other.is_deleted):
        return False
    codes = set(evidence)
    if SAME_EMAIL in codes:
        return True
    return one.tracker != other.tracker and LINKED_ISSUES in codes and bool(codes & NAMES)


def find_evidence(one: Account, other: Account, *, linked: bool) -> tuple[str, ...]:
    """The codes that hold, in the order of the table."""
    login, name = plain_name(one.login), plain_name(one.display_name)
    other_login, other_name = plain_name(other.login), plain_name(other.display_name)
    holds = {
        SAME_EMAIL: _is_address(one.email_digest) and one.email_digest == other.email_digest,
        SAME_LOGIN: bool(login and login in (other_login, other_name))
        or bool(other_login and other_login == name)
        or bool(_account_names(one) & _account_names(other)),
        SAME_NAME: bool(name and name == other_name),
        LINKED_ISSUES: linked,
    }
    return tuple(code for code, is_so in holds.items() if is_so)


def keys_of(account: Account) -> frozenset[str]:
    """Two accounts with evidence other than their work share one of these."""
    names = {plain_name(account.login), plain_name(account.display_name), account.email_digest}
    return frozenset((names | account.aliases) - {""})


def plain_name(text: str) -> str:
    """Equal for names that are alike; empty for one that says nothing."""
    plain = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    stem = plain.rstrip("0123456789_-.")
    says_nothing = len(plain) < SHORTEST_NAME or not stem or _NOBODY.fullmatch(stem)
    return "" if says_nothing else plain


def _account_names(account: Account) -> frozenset[str]:
    own = {account.email_digest} if account.email_digest.startswith(NOREPLY_MARK) else set()
    return account.aliases | own


def _is_address(digest: str) -> bool:
    return bool(digest) and not digest.startswith(NOREPLY_MARK)


# --- no-reply addresses --------------------------------------------------------------------------


def read_noreply(address: str) -> str:
    """The account that a GitHub's no-reply address names; empty for any other address.

    By id where the address has it, for logins change hands: `123+ann@…` stays account 123's.
    """
    found = _NOREPLY.fullmatch(address.strip().casefold())
    if not found:
        return ""
    by = ("id", found["id"]) if found["id"] else ("login", found["login"])
    return "/".join((found["host"], *by))


def noreply_names(provider: str, origin: str, source_person_id: str, login: str) -> list[str]:
    """What `read_noreply` makes of the addresses of this account."""
    if provider != "github":
        return []
    host = origin.removeprefix("api.").casefold()
    return [f"{host}/id/{source_person_id}", f"{host}/login/{login.casefold()}"]


# --- who is one ----------------------------------------------------------------------------------


def connect(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Of every account in a pair, the lowest of all that pairs connect with it."""
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
    """Equal for equal addresses, and no way back to them without our key."""
    address = email.strip().casefold()
    if named := read_noreply(address):
        return digest_noreply(named)
    return _digest(address) if address else ""


def digest_noreply(account: str) -> str:
    """Digest of the account in a no-reply address; see `issues.identity.account_matching`."""
    return NOREPLY_MARK + _digest(account)[: -len(NOREPLY_MARK)]


def _digest(text: str) -> str:
    return salted_hmac("issues.person.email", text, algorithm="sha256").hexdigest()
