"""Inline SVG bar charts with theme colours and text alternatives, without scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from analytics.charts.scales import Scale, counts
from monitoring.admin_home.data import Hourly, Spikes

WIDTH, HEIGHT = 480, 170
LEFT, TOP, RIGHT, BOTTOM = 38, 10, 476, 146
STATES = {
    "healthy": "success",
    "throttled": "info",
    "degraded": "warning",
    "needs_attention": "danger",
    "disabled": "plain",
}


@dataclass(frozen=True)
class Series:
    name: str
    kind: str
    values: Sequence[int]


def draw_syncs(syncs: Hourly) -> SafeString:
    finished = Series("finished", "success", syncs.good)
    return _by_hour("Syncs by hour", syncs, finished, Series("failed", "danger", syncs.bad))


def draw_calls(calls: Hourly) -> SafeString:
    answered = Series("answered well", "info", calls.good)
    return _by_hour("API calls by hour", calls, answered, Series("failed", "danger", calls.bad))


def draw_spikes(spikes: Spikes) -> SafeString:
    labels = [f"{day:%-d %b}" for day in spikes.days]
    series = (Series("notices", "info", spikes.notices), Series("alerts", "danger", spikes.alerts))
    return draw_bars("Spikes by day", labels, series, every=7)


def _by_hour(title: str, hourly: Hourly, *series: Series) -> SafeString:
    return draw_bars(title, [f"{hour:%H}:00" for hour in hourly.hours], series, every=6)


def draw_bars(
    title: str, labels: Sequence[str], series: Sequence[Series], *, every: int
) -> SafeString:
    """Draw stacked bars; label the last one and each `every`-th before it."""
    highest = max(sum(column) for column in zip(*(each.values for each in series), strict=True))
    ticks = counts(max(highest, 1), most=4)
    up = Scale(0, ticks[-1][0], BOTTOM, TOP)
    width = (RIGHT - LEFT) / len(labels)
    columns = [_column(place, labels, series, up) for place in range(len(labels))]
    named = [place for place in range(len(labels)) if (len(labels) - 1 - place) % every == 0]
    parts = (
        *[_grid_line(up(value), words) for value, words in ticks],
        *columns,
        *[_name(LEFT + (place + 0.5) * width, labels[place], place, named) for place in named],
    )
    totals = ", ".join(f"{sum(each.values):,} {each.name}" for each in series)
    return format_html(
        '<svg class="diip-picture" viewBox="0 0 {} {}" role="img" aria-label="{}: {}">{}</svg>',
        WIDTH,
        HEIGHT,
        title,
        totals,
        _joined(parts),
    )


def _column(place: int, labels: Sequence[str], series: Sequence[Series], up: Scale) -> SafeString:
    width = (RIGHT - LEFT) / len(labels)
    base, bars = 0, []
    for each in series:
        value = each.values[place]
        if value:
            top, bottom = up(base + value), up(base)
            bars.append(_bar(each.kind, (LEFT + place * width + 1, top), width - 2, bottom - top))
            base += value
    totals = ", ".join(f"{each.values[place]:,} {each.name}" for each in series)
    area = format_html(
        '<rect class="diip-hover" x="{}" y="{}" width="{}" height="{}"/>',
        _number(LEFT + place * width),
        TOP,
        _number(width),
        BOTTOM - TOP,
    )
    words = f"{labels[place]}: {totals}"
    return format_html("<g><title>{}</title>{}{}</g>", words, area, _joined(bars))


def _bar(kind: str, corner: tuple[float, float], width: float, height: float) -> SafeString:
    # Minimum height, so that one in a thousand stays visible.
    height = max(height, 1.5)
    return format_html(
        '<rect class="diip-fill-{}" x="{}" y="{}" width="{}" height="{}"/>',
        kind,
        *map(_number, (*corner, width, height)),
    )


def _grid_line(y: float, words: str) -> SafeString:
    return format_html(
        '<line class="diip-rung" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text x="{}" y="{}" text-anchor="end">{}</text>',
        LEFT, RIGHT, _number(y), _number(y), LEFT - 6, _number(y + 4), words,
    )  # fmt: skip


def _name(x: float, words: str, place: int, named: Sequence[int]) -> SafeString:
    is_last = place == named[-1]
    return format_html(
        '<text x="{}" y="{}" text-anchor="{}">{}</text>',
        _number(RIGHT if is_last else x),
        BOTTOM + 17,
        "end" if is_last else "middle",
        "now" if is_last and ":" in words else words,
    )


def draw_states(states: Mapping[str, int]) -> SafeString:
    """Draw one bar per state, linked to the list filtered by it."""
    total = max(1, sum(states.values()))
    page = reverse("admin:integrations_integration_changelist")
    rows = (
        (f"{page}?status__exact={state}", STATES.get(state, "plain"), state.replace("_", " "),
         STATES.get(state, "plain"), _number(100 * count / total), f"{count:,}")
        for state, count in states.items()
    )  # fmt: skip
    return format_html_join(
        "",
        '<a class="diip-share" href="{}"><span class="diip-name diip-{}">{}</span>'
        '<span class="diip-track"><span class="diip-part diip-fill-{}" style="width:{}%">'
        "</span></span><b>{}</b></a>",
        rows,
    )


def _joined(parts: Sequence[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def _number(value: float) -> str:
    """Format a number before escaping, since escaped text ignores format codes."""
    return f"{value:.1f}"
