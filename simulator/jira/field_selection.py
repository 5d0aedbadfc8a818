"""Which fields and expansions a reader asks for."""

from collections.abc import Iterable

import msgspec

NOT_NAVIGABLE = frozenset({"comment", "attachment", "worklog"})
FEW = frozenset({"id", "key", "updated"})
"""Readers of no more than these get long pages."""


class Wanted(msgspec.Struct, frozen=True):
    """Hashable: rows are kept under it."""

    base: str = "named"
    """all, navigable, named or id (nothing but the issue's id)"""
    named: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    changelog: bool = False
    whole: bool = False
    """All comments, however many."""

    def has(self, field: str) -> bool:
        if field in self.without:
            return False
        if self.base == "all" or field in self.named:
            return True
        return self.base == "navigable" and field not in NOT_NAVIGABLE

    @property
    def few(self) -> bool:
        return self.base in {"id", "named"} and self.named <= FEW and not self.changelog


def wanted(fields: Iterable[str], expand: str, *, default: str, whole: bool = False) -> Wanted:
    """`default` is what one gets who names no fields."""
    names = [part.strip() for text in fields for part in text.split(",") if part.strip()]
    plain = frozenset(name for name in names if name[0] not in "*-")
    without = frozenset(name[1:] for name in names if name[0] == "-")
    changelog = "changelog" in [part.strip() for part in expand.split(",")]
    base = default if not names else "named"
    if "*all" in names:
        base = "all"
    elif "*navigable" in names or (without and not plain):
        base = "navigable"
    elif names == ["id"] and not changelog:
        base = "id"
    return Wanted(base, plain, without, changelog, whole)
