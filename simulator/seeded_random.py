"""Repeatable chance: the same key always rolls the same numbers, on every machine."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
Item = TypeVar("Item")


def mix(key: int, number: int = 0, salt: int = 0) -> int:
    """64 well-stirred bits (splitmix64); a tenth of what seeding `random.Random` costs."""
    x = (key + number * _STEP + salt * 0xD1B54A32D192ED03) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def key_of(*parts: object) -> int:
    """A key from words; `hash()` would differ between processes."""
    digest = blake2b("\0".join(str(part) for part in parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


class Dice:
    """A run of rolls from one key."""

    def __init__(self, key: int) -> None:
        self._key = mix(key)

    def bits(self) -> int:
        """40 bits of a linear congruential generator, whose low ones are poor and left out."""
        self._key = (self._key * 6364136223846793005 + 1442695040888963407) & _MASK
        return self._key >> 24

    def roll(self, sides: int) -> int:
        return self.bits() % sides

    def between(self, low: int, high: int) -> int:
        return low + self.bits() % (high - low + 1)

    def chance(self, percent: float) -> bool:
        return self.bits() % 10_000 < percent * 100

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self.bits() % len(items)]

    def few(self, items: Sequence[Item], count: int) -> list[Item]:
        """`count` different ones, fewer where there are not so many."""
        left = list(items)
        return [left.pop(self.bits() % len(left)) for _ in range(min(count, len(left)))]
