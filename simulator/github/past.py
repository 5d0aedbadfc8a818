"""Which kind of issue each number is, its id, and what happened to it when: no text yet."""

from functools import cached_property

import msgspec

from simulator.content import lifecycles
from simulator.content.lifecycles import CLOSING_SLOTS, SLOT, WIDTH
from simulator.content.rhythm import Rhythm
from simulator.seeded_random import key_of, mix

_DUPLICATES_PER_THOUSAND = 40
"""Of the issues that could be one; some then find no original."""
_REOPENED = SLOT["reopened"]


class Life(msgspec.Struct):
    """The cheap part of an issue."""

    number: int
    kind: str
    key: int
    duplicate_of: int | None
    created: int
    slots: tuple[tuple[int, int], ...]
    """(slot, tick) of all that happened before the history's end."""
    updated: int

    @property
    def is_pull(self) -> bool:
        return self.kind.endswith("pull")

    @property
    def is_open(self) -> bool:
        turns = [slot for slot, _ in self.slots if slot in CLOSING_SLOTS or slot == _REOPENED]
        return not turns or turns[-1] == _REOPENED


class Past:
    """The lives of one repository's issues, each worked out from its number when asked for."""

    def __init__(self, seed: int, name: str, rhythm: Rhythm, pull_share: float) -> None:
        self.count, self.until = rhythm.count, rhythm.until
        self.rhythm, self.timeline = rhythm, lifecycles.Timeline(rhythm)
        self.key = key_of(seed, name)
        self.repository_id = 100_000_000 + self.key % 800_000_000
        self.worked = 0
        """How many lives were worked out: tests watch it instead of a stopwatch."""
        self._pulls = int(pull_share * 1000)
        self._ids = 3_000_000_000 + self.key % 10_000 * 20_000_000

    # --- ids: stable, and rising with time -------------------------------------------------------

    def issue_id(self, number: int) -> int:
        return self._ids + number * 4 + mix(self.key, number, 5) % 4

    def activity_id(self, tick: int, slot: int) -> int:
        return self._ids * 4 + tick * WIDTH + slot

    # --- what an issue is ------------------------------------------------------------------------

    def kind(self, number: int) -> tuple[str, int | None]:
        """bug, feature, question, docs, duplicate, pull or bot_pull; and a duplicate's original."""
        roll = mix(self.key, number, 1)
        if self._is_pull(roll):
            return ("bot_pull" if (roll >> 20) % 5 == 0 else "pull"), None
        original = self._original(number) if _may_be_duplicate(roll) else None
        return ("duplicate", original) if original else (self.plain_kind(number), None)

    def plain_kind(self, number: int) -> str:
        """What an issue would be if it were not a duplicate."""
        roll = mix(self.key, number, 2) % 100
        if self.rhythm.is_rocky(number) and roll < 85:
            return "bug"
        shares = ((52, "bug"), (77, "feature"), (91, "question"), (100, "docs"))
        return next(kind for share, kind in shares if roll < share)

    def _is_pull(self, roll: int) -> bool:
        return roll % 1000 < self._pulls

    def _original(self, number: int) -> int | None:
        """A recent issue that is itself no pull request and no duplicate."""
        reach = min(number - 1, max(30, self.count // 20))
        if reach < 1:
            return None
        start = number - 1 - mix(self.key, number, 3) % reach
        for candidate in range(start, max(0, start - 6), -1):
            roll = mix(self.key, candidate, 1)
            if not self._is_pull(roll) and not _may_be_duplicate(roll):
                return candidate
        return None

    # --- what happened to it ---------------------------------------------------------------------

    def life(self, number: int) -> Life:
        self.worked += 1
        kind, original = self.kind(number)
        key = self._life_key(number)
        slots = tuple(
            (slot, tick)
            for slot in lifecycles.script(kind, key)
            if (tick := self.timeline.tick(number, slot)) <= self.count
        )
        created = self.rhythm.tick(number)
        updated = self.timeline.moment(slots[-1][1], slots[-1][0]) if slots else created
        return Life(number, kind, key, original, created, slots, updated)

    def script(self, number: int) -> tuple[int, ...]:
        """The slots this issue fills sooner or later."""
        return lifecycles.script(self.kind(number)[0], self._life_key(number))

    def updated(self, number: int) -> int:
        return self.life(number).updated

    @cached_property
    def open_count(self) -> int:
        """How many the history left open; of more than 10,000 issues an estimate from a sample."""
        step = max(1, self.count // 10_000)
        sample = range(1, self.count + 1, step)
        return step * sum(self.life(number).is_open for number in sample)

    def _life_key(self, number: int) -> int:
        return mix(self.key, number, 4)


def _may_be_duplicate(roll: int) -> bool:
    return (roll >> 10) % 1000 < _DUPLICATES_PER_THOUSAND
