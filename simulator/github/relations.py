"""Which issue is part of which, and which waits for which, inside one repository."""

from collections.abc import Callable

import msgspec


class Summary(msgspec.Struct, frozen=True):
    """What an issue's own JSON tells of its relations."""

    parent: int = 0
    parts: int = 0
    parts_done: int = 0
    blocked_by: int = 0
    """By how many that are open."""
    total_blocked_by: int = 0
    blocking: int = 0
    total_blocking: int = 0


NO_RELATION = Summary()


class Relations:
    """Numbers of issues. One that is gone is related to nothing."""

    def __init__(self, has: Callable[[int], bool]) -> None:
        self._has = has
        self._parents: dict[int, int] = {}
        self._parts: dict[int, list[int]] = {}
        self._blockers: dict[int, list[int]] = {}
        self._blocked: dict[int, list[int]] = {}

    def parent(self, number: int) -> int | None:
        parent = self._parents.get(number)
        return parent if parent is not None and self._has(parent) else None

    def parts(self, number: int) -> list[int]:
        return self._present(self._parts, number)

    def blockers(self, number: int) -> list[int]:
        return self._present(self._blockers, number)

    def blocked(self, number: int) -> list[int]:
        return self._present(self._blocked, number)

    def summary(self, number: int, is_open: Callable[[int], bool]) -> Summary:
        if not self._parents and not self._blockers:
            return NO_RELATION
        parts, blockers = self.parts(number), self.blockers(number)
        blocked = self.blocked(number)
        return Summary(
            parent=self.parent(number) or 0,
            parts=len(parts),
            parts_done=sum(not is_open(part) for part in parts),
            blocked_by=sum(map(is_open, blockers)),
            total_blocked_by=len(blockers),
            blocking=sum(map(is_open, blocked)),
            total_blocking=len(blocked),
        )

    # --- writing ---------------------------------------------------------------------------------

    def add_part(self, number: int, part: int) -> None:
        if part in self._parents:
            raise ValueError(f"Issue {part} has a parent already")
        self._parents[part] = number
        self._parts.setdefault(number, []).append(part)

    def remove_part(self, number: int, part: int) -> None:
        if self._parents.get(part) != number:
            raise LookupError(f"Issue {part} is no part of {number}")
        del self._parents[part]
        self._parts[number].remove(part)

    def add_blocker(self, number: int, blocker: int) -> None:
        if blocker in self._blockers.get(number, ()):
            raise ValueError(f"Issue {number} is blocked by {blocker} already")
        self._blockers.setdefault(number, []).append(blocker)
        self._blocked.setdefault(blocker, []).append(number)

    def remove_blocker(self, number: int, blocker: int) -> None:
        if blocker not in self._blockers.get(number, ()):
            raise LookupError(f"Issue {number} is not blocked by {blocker}")
        self._blockers[number].remove(blocker)
        self._blocked[blocker].remove(number)

    def _present(self, kind: dict[int, list[int]], number: int) -> list[int]:
        return [other for other in kind.get(number, ()) if self._has(other)]
