"""Data model of the health report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Details = Mapping[str, object]


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """Works now, but degraded or likely to fail soon."""
    FAILING = "failing"


GRAVITY = {State.OK: 0, State.WARNING: 1, State.FAILING: 2}


def worst(states: Iterable[State]) -> State:
    return max(states, key=GRAVITY.__getitem__, default=State.OK)


@dataclass(frozen=True)
class Component:
    """State of one part of DIIP."""

    name: str
    status: State
    message: str
    """Current state, in plain English."""
    fix: str = ""
    """Action to take; empty if none is needed."""
    details: Details = field(default_factory=dict)
    """JSON-compatible figures; the keys depend on the component."""


@dataclass(frozen=True)
class HealthReport:
    """Health of all components, in a fixed order; the overall status is the worst."""

    at: datetime
    took_ms: int
    components: tuple[Component, ...]

    @property
    def status(self) -> State:
        return worst(component.status for component in self.components)

    def of(self, name: str) -> Component:
        return next(component for component in self.components if component.name == name)
