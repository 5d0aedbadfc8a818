"""Template filters of the tasks dashboard."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

HEIGHT = 28
STEP = 3


@register.filter
def duration(seconds: int | None) -> str:
    """Format seconds as `42 s`, `3 min`, `2 h 5 min`, `4 d` or `unknown`."""
    if seconds is None:
        return "unknown"
    minutes, hours = seconds // 60, seconds // 3600
    if minutes < 2:
        return f"{seconds} s"
    if hours < 2:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} d"


@register.filter
def milliseconds(value: int) -> str:
    return f"{value} ms" if value < 1000 else f"{value / 1000:.1f} s"


@register.filter
def short(task: str) -> str:
    """Shorten `issues.tasks.process_issue` to `issues: process issue`."""
    return task.replace(".tasks.", ": ").replace("_", " ")


@register.filter
def minutes(counts: Sequence[int]) -> SafeString:
    """Draw one bar per minute as SVG, the current minute last."""
    highest = max([*counts, 1])
    bars = [
        f"M{place * STEP} {HEIGHT}v-{max(1.0, count * HEIGHT / highest):.1f}h{STEP - 1}V{HEIGHT}z"
        for place, count in enumerate(counts)
        if count
    ]
    return format_html(
        '<svg class="tasks-minutes" role="img" viewBox="0 0 {} {}" preserveAspectRatio="none">'
        "<title>Finished in each of the last {} minutes: at most {}, {} in all</title>"
        '<path d="{}"/></svg>',
        len(counts) * STEP, HEIGHT, len(counts), max([*counts, 0]), sum(counts), "".join(bars),
    )  # fmt: skip
