"""What happens to an issue after it was opened, and when: without keeping a list of it.

Each thing that can happen has a slot. In slot s, issue n's turn comes at tick m = place(n), a
one-to-one mapping of numbers to ticks. So all that ever happened can be walked in order of time,
from any point, in both directions, and "what happened to issue n" is as cheap as "what happened at
tick m".
"""

from math import gcd
from pathlib import Path

import msgspec

from simulator.seeded_random import mix

from .rhythm import DAY, Rhythm

_DAYS: dict[str, tuple[float, float]] = {
    "label_kind": (0, 0),
    "label_area": (0, 0.02),
    "comment_triage": (0.02, 0.4),
    "typed": (0.4, 0.42),
    "label_info": (0.42, 0.45),
    "assigned": (0.45, 0.8),
    "comment_first": (0.8, 1.6),
    "closed_quick": (1.6, 3.2),
    "comment_second": (3.2, 5),
    "unlabel_info": (5, 5.5),
    "milestoned": (5.5, 6),
    "renamed": (6, 7),
    "closed_soon": (7, 14),
    "comment_third": (14, 20),
    "reopened": (20, 28),
    "comment_fourth": (28, 32),
    "closed_again": (32, 45),
    "unassigned": (45, 60),
    "closed_late": (60, 110),
    "label_stale": (110, 115),
    "closed_stale": (115, 140),
    "comment_late": (140, 240),
    "closed_very_late": (240, 420),
    "locked": (420, 480),
}
"""Slots in the order of their delays, in days after the opening. Ranges must not overlap: that
keeps an issue's own story in order."""
SLOTS = tuple(_DAYS)
SLOT = {name: index for index, name in enumerate(SLOTS)}
COMMENT_SLOTS = frozenset(SLOT[name] for name in SLOTS if name.startswith("comment"))
CLOSING_SLOTS = frozenset(SLOT[name] for name in SLOTS if name.startswith("closed"))
WIDTH = 32
"""Ids of one tick's happenings lie this far apart from the next tick's."""

_FILE = Path(__file__).parent / "words" / "scripts.txt"
"""For each kind of issue what can happen to it: a weight, then the slots that are filled."""


def _decks() -> dict[str, tuple[tuple[int, ...], ...]]:
    """For each kind its scripts, each as often as it weighs: choosing is one look-up."""
    decks: dict[str, tuple[tuple[int, ...], ...]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.partition(": ")
        weight, *names = rest.split()
        slots = tuple(sorted(SLOT[name] for name in names))
        decks[kind] = decks.get(kind, ()) + (slots,) * int(weight)
    return decks


_DECKS = _decks()


def script(kind: str, key: int) -> tuple[int, ...]:
    """The slots that an issue of this kind fills, in order."""
    deck = _DECKS[kind]
    return deck[key % len(deck)]


class _Place(msgspec.Struct, frozen=True):
    """A slot's one-to-one mapping of numbers to ticks: a shift, shuffled within blocks."""

    base: int
    block: int
    factor: int
    inverse: int
    offset: int

    def tick(self, number: int) -> int:
        start = number - number % self.block
        shuffled = (number % self.block * self.factor + self.offset) % self.block
        return self.base + start + shuffled

    def number(self, tick: int) -> int:
        moved = tick - self.base
        start = moved - moved % self.block
        return start + (moved % self.block - self.offset) * self.inverse % self.block


def _place(days: tuple[float, float], gap: float, key: int) -> _Place:
    low, high = (day * DAY / gap for day in days)
    block = int((high - low) / 2)
    if block < 2:
        return _Place(int(low), 1, 1, 1, 0)
    factor = next(f for f in range(int(block * 0.618) | 1, 2 * block) if gcd(f, block) == 1)
    return _Place(int((low + high) / 2), block, factor, pow(factor, -1, block), key % block)


class Timeline:
    """Ticks and times of every slot for one repository."""

    def __init__(self, rhythm: Rhythm) -> None:
        self.rhythm = rhythm
        self._places = tuple(
            _place(days, rhythm.gap, mix(rhythm.key, index, 17))
            for index, days in enumerate(_DAYS.values())
        )

    @property
    def reach(self) -> int:
        """After so many ticks nothing more happens to an issue."""
        return max(place.base + place.block for place in self._places)

    def tick(self, number: int, slot: int) -> int:
        return self._places[slot].tick(number)

    def owners(self, tick: int) -> list[tuple[int, int]]:
        """(slot, number) of all whose turn comes at this tick, in order of time."""
        pairs = [(slot, place.number(tick)) for slot, place in enumerate(self._places)]
        return [(slot, number) for slot, number in pairs if 1 <= number <= tick]

    def moment(self, tick: int, slot: float) -> int:
        """Seconds since 1970; rises with (tick, slot)."""
        start = self.rhythm.tick(tick)
        gap = self.rhythm.tick(tick + 1) - start
        return start + int(gap * (slot + 1) / (WIDTH + 1))
