"""Chart: histogram of resolution times on a logarithmic axis."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import floor, log2

from analytics.charts import scales, svg
from analytics.charts.data import Resolution
from analytics.charts.scales import Scale, spell
from analytics.charts.svg import Area, Canvas, Chart, Table
from analytics.facts.histograms import ENOUGH, Counts, percentiles, value_of

AREA = Area(60, 84, 840, 300)
LINES = ((50, "none"), (75, "8 4"), (90, "2 3"))
"""Percentiles and the dash patterns of their lines."""
REASONS = {
    "not_delivered": "closed as not planned, duplicate or moved",
    "closed_undated": "done without a closing date",
    "negative": "with a date before they were opened",
    "zero": "in the same second in which they were opened",
    "imported": "with a history that begins before they were opened",
    "never_in_progress": "never in progress",
}


def draw(resolution: Resolution) -> Chart:
    canvas = Canvas("resolution", 348)
    bars = _bars(resolution.counts)
    if bars:
        _draw(canvas, resolution.counts, bars)
    else:
        canvas.empty(AREA, "No issue was resolved in this range.")
    return Chart(
        title="Issues resolved, by the time from opening to last closure",
        about=_about(resolution.counts),
        notes=tuple(_notes(resolution)),
        canvas=canvas,
        table=_table(bars),
    )


def exclusion_text(excluded: Mapping[str, int]) -> str:
    """Describe how many issues were not counted, and why."""
    parts = [f"{n:,} {REASONS.get(reason, reason)}" for reason, n in sorted(excluded.items()) if n]
    return f"Not counted: {'; '.join(parts)}." if parts else "All issues are counted."


def percentile_text(counts: Counts) -> str:
    """Describe P50, P75 and P90, or why they are missing."""
    found, n = percentiles(counts), sum(counts.values())
    if found.p50 is None or found.p75 is None or found.p90 is None:
        return f"Not enough data for percentiles: n = {n}, but {ENOUGH} are required."
    return f"P50 {spell(found.p50)}, P75 {spell(found.p75)}, P90 {spell(found.p90)}."


# --- drawing -------------------------------------------------------------------------------------


def _bars(counts: Counts) -> dict[int, int]:
    """Count issues per bar, with two bars per doubling, by the bar's position."""
    bars: Counter[int] = Counter()
    for bucket, n in counts.items():
        bars[floor(2 * log2(max(value_of(bucket), 1)))] += n
    return {place: bars[place] for place in sorted(bars) if bars[place]}


def _edges(place: int) -> tuple[float, float]:
    return 2 ** (place / 2), 2 ** ((place + 1) / 2)


def _draw(canvas: Canvas, counts: Counts, bars: Mapping[int, int]) -> None:
    low, high = scales.around([edge for place in bars for edge in _edges(place)])
    across = scales.logarithmic(low, high, AREA.left, AREA.right)
    ticks = scales.counts(max(bars.values()))
    up = Scale(0, ticks[-1][0], AREA.bottom, AREA.top)
    canvas.y_axis(Area(AREA.left, AREA.top - 44, AREA.right, AREA.bottom), up, ticks, "Issues")
    for place, n in bars.items():
        left, right = (across(edge) for edge in _edges(place))
        canvas.rect(
            (left + 0.7, up(n)), (right - left - 1.4, AREA.bottom - up(n)),
            fill=svg.SKY, stroke=svg.BLACK, stroke_width=0.6,
        )  # fmt: skip
    unit = "Time from opening to last closure, calendar time (logarithmic)"
    canvas.x_axis(AREA, across, scales.durations(across), unit)
    _draw_percentiles(canvas, counts, across)


def _draw_percentiles(canvas: Canvas, counts: Counts, across: Scale) -> None:
    found = percentiles(counts)
    values = (found.p50, found.p75, found.p90)
    if None in values:
        canvas.text(
            (AREA.middle, 28), percentile_text(counts), text_anchor="middle", font_weight="bold"
        )
    for step, ((percent, dash), seconds) in enumerate(zip(LINES, values, strict=True)):
        if seconds is not None:
            x, y = across(seconds), AREA.top - 58 + 18 * step
            style = {"stroke": svg.VERMILLION, "stroke_width": 2, "stroke_dasharray": dash}
            canvas.line((x, y + 4), (x, AREA.bottom), **style)
            end = x > AREA.right - 110
            canvas.text(
                (x - 6 if end else x + 6, y + 8), f"P{percent}: {spell(seconds)}",
                text_anchor="end" if end else "start", font_weight="bold",
                stroke="#ffffff", stroke_width=4, paint_order="stroke",
            )  # fmt: skip


# --- text ----------------------------------------------------------------------------------------


def _about(counts: Counts) -> str:
    return f"A histogram of {sum(counts.values()):,} issues. {percentile_text(counts)}"


def _notes(resolution: Resolution) -> Iterable[str]:
    counts = resolution.counts
    yield (
        f"n = {sum(counts.values()):,} issues last closed in the range, delivered or with unknown "
        f"outcome. {percentile_text(counts)} {exclusion_text(resolution.excluded)}"
    )
    if resolution.working:
        yield f"In the project's working hours: {percentile_text(resolution.working)}"
    if resolution.oldest_seconds is not None:
        yield (
            f"Open issues, not included in the durations: {resolution.waiting:,}, the oldest for "
            f"{spell(resolution.oldest_seconds)}."
        )


def _table(bars: Mapping[int, int]) -> Table:
    rows = []
    for place, n in bars.items():
        low, high = _edges(place)
        rows.append((spell(low), spell(high), n))
    return Table(("from", "below", "issues"), tuple(rows))
