"""The accounts of a site: people by the logins of the stories, an app, and one that was deleted."""

import msgspec

from simulator.seeded_random import key_of

from .model import Account

AUTOMATION = "automation-for-jira"
"""An app: what it does counts for nobody's work."""
FORMER = "former-user"
"""An account that was deleted; its name is gone, its id is not."""
ME = "hana-forge"
_ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "Etc/UTC")


class Accounts:
    """Everybody, worked out from the login alone."""

    def __init__(self) -> None:
        self._known: dict[str, Account] = {
            AUTOMATION: Account(
                AUTOMATION, "557058:f58131cb-b67d-43c7-b30d-6b58d40bd077", "JIRAUSER10001",
                "Automation for Jira", "", app=True,
            ),
            FORMER: Account(
                FORMER, "5b10ac8d82e05b22cc7d4ef5", "JIRAUSER10002", "Former user", "",
                active=False,
            ),
        }  # fmt: skip

    def named(self, login: str) -> Account:
        known = self._known.get(login)
        if known is None:
            known = self._known[login] = _account(login)
        return known

    def rename(self, login: str, name: str) -> Account:
        renamed = msgspec.structs.replace(self.named(login), name=name)
        self._known[login] = renamed
        return renamed


def story_login(login: str | None) -> str:
    """Who an account of the stories is here."""
    if login is None or login == "ghost":
        return FORMER
    return AUTOMATION if login.endswith("[bot]") else login


def _account(login: str) -> Account:
    key = key_of("account", login)
    digits = f"{key:016x}{key_of('rest', login):016x}"
    uuid = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))
    words = login.replace("-", " ").title()
    return Account(
        login,
        f"712020:{uuid}" if key % 3 else digits[:24],
        f"JIRAUSER{10100 + key % 80_000}",
        words,
        f"{login}@example.org",
        _ZONES[key % len(_ZONES)],
    )
