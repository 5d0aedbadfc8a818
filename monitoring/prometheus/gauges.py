"""Readers of numbers in a health report; unknown values give no sample."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from monitoring.health import HealthReport, State
from monitoring.health.components import GRAVITY

Sample = tuple[tuple[str, ...], float]
"""(values of the labels, number)."""
Read = Callable[[HealthReport], Iterator[Sample]]


def figure(component: str, *path: str, scale: float = 1) -> Read:
    """Read one number of a component, times `scale`."""

    def read(report: HealthReport) -> Iterator[Sample]:
        found: object = report.of(component).details
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        yield from _sample((), found, scale)

    return read


def table(component: str, rows: str, value: str, *labels: str, scale: float = 1) -> Read:
    """Read one number per row; `labels` are the columns that identify a row."""

    def read(report: HealthReport) -> Iterator[Sample]:
        found = report.of(component).details.get(rows)
        for row in found if isinstance(found, list) else ():
            yield from _sample(tuple(str(row[label]) for label in labels), row.get(value), scale)

    return read


def mapping(component: str, name: str) -> Read:
    """Read one number per key."""

    def read(report: HealthReport) -> Iterator[Sample]:
        found = report.of(component).details.get(name)
        for key, value in found.items() if isinstance(found, dict) else ():
            yield from _sample((str(key),), value, 1)

    return read


def answers(component: str) -> Read:
    """Read 1 if the component is not failing, else 0."""

    def read(report: HealthReport) -> Iterator[Sample]:
        yield (), float(report.of(component).status is not State.FAILING)

    return read


def outcomes(report: HealthReport) -> Iterator[Sample]:
    for outcome in ("succeeded", "failed"):
        for labels, number in table("tasks", "queues", outcome, "queue")(report):
            yield (*labels, outcome), number


def states(report: HealthReport) -> Iterator[Sample]:
    for component in report.components:
        yield (component.name,), float(GRAVITY[component.status])


def _sample(labels: tuple[str, ...], value: object, scale: float) -> Iterator[Sample]:
    if isinstance(value, int | float):
        yield labels, value * scale


@dataclass(frozen=True)
class Gauge:
    name: str
    text: str
    read: Read
    labels: tuple[str, ...] = ()
