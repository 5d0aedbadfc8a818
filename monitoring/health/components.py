"""What a report is made of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Details = Mapping[str, object]


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """It works, and will not for long or not well."""
    FAILING = "failing"


GRAVITY = {State.OK: 0, State.WARNING: 1, State.FAILING: 2}


def worst(states: Iterable[State]) -> State:
    return max(states, key=GRAVITY.__getitem__, default=State.OK)


@dataclass(frozen=True)
class Component:
    """One part of DIIP, judged."""

    name: str
    status: State
    message: str
    """What is so, in plain words."""
    fix: str = ""
    """What to do; empty where nothing is to be done."""
    details: Details = field(default_factory=dict)
    """The figures behind it, as JSON can say them. Which there are depends on the component."""


@dataclass(frozen=True)
class HealthReport:
    """All components, in a fixed order; the whole is as bad as its worst part."""

    at: datetime
    took_ms: int
    components: tuple[Component, ...]

    @property
    def status(self) -> State:
        return worst(component.status for component in self.components)

    def of(self, name: str) -> Component:
        return next(component for component in self.components if component.name == name)
