"""Formatting of numbers, sizes and durations."""

from collections.abc import Sequence

_SPANS = ((86400, "day"), (3600, "hour"), (60, "minute"))


def span(seconds: float) -> str:
    """Format seconds: `12 s`, `3 minutes`, `1 hour`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    for length, name in _SPANS:
        if seconds >= length:
            count = round(seconds / length)
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return f"{seconds:.0f} s"


def size(count: float) -> str:
    for unit in ("bytes", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """Join names: `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
