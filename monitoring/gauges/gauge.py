"""One gauge: its name, what it says, and where its numbers come from."""

from dataclasses import dataclass

from monitoring.gauges.reading import Read


@dataclass(frozen=True)
class Gauge:
    name: str
    text: str
    read: Read
    labels: tuple[str, ...] = ()
