"""Misbehaviour on demand: which request meets which fault.

    faults.add("status", path="/issues$", nth=3, status=502)
    faults.add("latency", chance=10, times=None, milliseconds=800)

Faults that match the same request come on top of each other, the first added innermost.
"""

import re
from collections.abc import Callable, Mapping
from itertools import count
from threading import Lock
from typing import Any

import msgspec

from simulator.clock import Clock
from simulator.seeded_random import Dice, key_of
from simulator.web import Reply, Request

from .bodies import BODY_FAULTS
from .faulty import Case, Fault
from .jira import JIRA_FAULTS
from .pages import PAGE_FAULTS
from .replies import REPLY_FAULTS

FAULTS: Mapping[str, Fault] = REPLY_FAULTS | BODY_FAULTS | PAGE_FAULTS | JIRA_FAULTS
Serve = Callable[[], Reply]


class UnknownFault(ValueError):
    """No fault of that name."""


class Rule(msgspec.Struct):
    """When a fault strikes."""

    id: int
    kind: str
    path: re.Pattern[str]
    """Of the path with its query."""
    after: int
    """How many matching requests pass unharmed first."""
    times: int | None
    """How often it strikes; None: always."""
    chance: float
    """In percent."""
    options: dict[str, Any]
    matched: int = 0
    struck: int = 0

    def shown(self) -> dict[str, object]:
        names = ("id", "kind", "after", "times", "chance", "options", "matched", "struck")
        return {name: getattr(self, name) for name in names} | {"path": self.path.pattern}


class Faults:
    """The rules in force."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._clock = clock
        self._dice = Dice(key_of(seed, "faults"))
        self._rules: list[Rule] = []
        self._ids = count(1)
        self._lock = Lock()

    def add(self, kind: str, *, path: str = "", nth: int = 1, times: int | None = 1,
            chance: float = 100, **options: Any) -> Rule:  # fmt: skip
        """Strike from the `nth` matching request on, `times` times (None: for good)."""
        if kind not in FAULTS:
            raise UnknownFault(
                f"No fault is called {kind!r}; there are: {', '.join(sorted(FAULTS))}"
            )
        rule = Rule(next(self._ids), kind, re.compile(path), nth - 1, times, chance, options)
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def all(self) -> list[Rule]:
        return list(self._rules)

    def around(self, request: Request, serve: Serve) -> tuple[Reply, str]:
        """The reply after all faults, and their names."""
        struck = self._strike(request)
        for rule in struck:
            serve = self._wrap(rule, request, serve)
        return serve(), " ".join(rule.kind for rule in struck)

    def _wrap(self, rule: Rule, request: Request, serve: Serve) -> Serve:
        case = Case(request, serve, self._clock, rule.options, Dice(self._dice.bits()))
        return lambda: FAULTS[rule.kind](case)

    def _strike(self, request: Request) -> list[Rule]:
        target = f"{request.path}?{request.query_string}" if request.query_string else request.path
        with self._lock:
            return [rule for rule in self._rules if rule.path.search(target) and self._now(rule)]

    def _now(self, rule: Rule) -> bool:
        rule.matched += 1
        spent = rule.times is not None and rule.struck >= rule.times
        if rule.matched <= rule.after or spent or not self._dice.chance(rule.chance):
            return False
        rule.struck += 1
        return True
