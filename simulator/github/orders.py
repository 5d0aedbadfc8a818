"""Rows in an order, without sorting a million of them to show a hundred.

By creation, an order is worked out from positions alone. Every other order, and every answer to
"since" that lies in the recent past, is a list made once for each version of the repository.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol

from .repository import Repository

Key = tuple[int, int]
"""What rows are sorted by: the value, then the id."""


class Order(Protocol):
    """Rows in ascending order."""

    def __len__(self) -> int: ...
    def at(self, index: int) -> int:
        """The number of the issue at a position."""

    def rank(self, key: Key) -> int:
        """How many rows lie before a key."""


class ByCreation:
    """Every issue there is."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._history = repository.history
        self._positions = [
            self._rank_in_history((created, id_)) + index
            for index, (created, id_, _) in enumerate(repository.created)
        ]

    def __len__(self) -> int:
        return self._repository.live_in_history + len(self._positions)

    def at(self, index: int) -> int:
        spot = bisect_left(self._positions, index)
        if spot < len(self._positions) and self._positions[spot] == index:
            return self._repository.created[spot][2]
        return self._repository.nth_in_history(index - spot)

    def rank(self, key: Key) -> int:
        newer = bisect_left(self._repository.created, (*key, 0))
        return self._rank_in_history(key) + newer

    def _rank_in_history(self, key: Key) -> int:
        if key[0] >= self._history.until:
            return self._repository.live_in_history
        numbers = range(1, self._history.count + 1)
        before = bisect_left(numbers, key, key=self._key)
        return before - bisect_left(self._repository.gone_from_history, before + 1)

    def _key(self, number: int) -> Key:
        return self._history.rhythm.tick(number), self._history.issue_id(number)


class Listed:
    """Rows that were looked up and sorted."""

    def __init__(self, keys: Sequence[tuple[int, int, int]]) -> None:
        self._keys = sorted(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def at(self, index: int) -> int:
        return self._keys[index][2]

    def rank(self, key: Key) -> int:
        return bisect_left(self._keys, (*key, 0))
