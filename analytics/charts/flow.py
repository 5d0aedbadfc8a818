"""Chart: open issues over time, and issues opened and closed."""

from collections.abc import Sequence
from datetime import date, timedelta

from analytics.charts import scales, svg
from analytics.charts.data import Flow, Period, SpikeMark
from analytics.charts.scales import Scale, day_in_words
from analytics.charts.svg import Area, Canvas, Chart, Table

BACKLOG = Area(60, 40, 840, 190)
EVENTS = Area(60, 262, 840, 452)
MOST_ROWS = 750
ONE = timedelta(days=1)
LABEL_WIDTH = 70


def draw(flow: Flow) -> Chart:
    canvas = Canvas("flow", 484)
    _draw_spikes(canvas, flow)
    _draw_backlog(canvas, flow)
    _draw_events(canvas, flow)
    return Chart(
        title=f"Issues opened and closed per {flow.interval}, and issues open at its end",
        about=_about(flow),
        notes=tuple(_notes(flow)),
        canvas=canvas,
        table=_table(flow),
    )


# --- drawing -------------------------------------------------------------------------------------


def _across(flow: Flow) -> Scale:
    first, last = flow.periods[0].first, flow.periods[-1].last + ONE
    return Scale(first.toordinal(), last.toordinal(), BACKLOG.left, BACKLOG.right)


def _place(across: Scale, day: date) -> float:
    return across(day.toordinal())


def _draw_backlog(canvas: Canvas, flow: Flow) -> None:
    across = _across(flow)
    heights = [flow.backlog_before, *(period.backlog for period in flow.periods)]
    ticks = scales.counts(max(*heights, 1), 4)
    up = Scale(0, ticks[-1][0], BACKLOG.bottom, BACKLOG.top)
    canvas.y_axis(BACKLOG, up, ticks, "Open issues")
    canvas.line((BACKLOG.left, BACKLOG.bottom), (BACKLOG.right, BACKLOG.bottom))
    places = [flow.periods[0].first, *(period.last + ONE for period in flow.periods)]
    points = [(_place(across, day), up(n)) for day, n in zip(places, heights, strict=True)]
    canvas.path(points, stroke=svg.BLACK, stroke_width=2)
    x, y = points[-1]
    canvas.mark("circle", (x, y), 3.5)
    beside = [points[-2][1], *(py for px, py in points[:-1] if px > x - LABEL_WIDTH)]
    comes_down = min(beside) < y < BACKLOG.bottom - 20
    below = 16 if comes_down or y < BACKLOG.top + 14 else -9
    canvas.text((x, y + below), f"{heights[-1]:,} open", text_anchor="end", font_weight="bold",
                stroke="#ffffff", stroke_width=4, paint_order="stroke")  # fmt: skip


def _draw_events(canvas: Canvas, flow: Flow) -> None:
    across, (up, down) = _across(flow), _highest(flow.periods)
    step = scales.counts(max(up, down), 4)[1][0]
    above, below = (step * -(-n // step) for n in (up, down))
    height = Scale(-below, above, EVENTS.bottom, EVENTS.top)
    ticks = [step * place for place in range(-int(below // step), int(above // step) + 1)]
    unit = f"Issues per {flow.interval}"
    canvas.y_axis(EVENTS, height, [(n, f"{abs(n):,.0f}") for n in ticks], unit)
    for period in flow.periods:
        _draw_period(canvas, period, across, height)
    canvas.line((EVENTS.left, height(0)), (EVENTS.right, height(0)))
    named = scales.dates(flow.periods[0].first, flow.periods[-1].last)
    canvas.x_axis(EVENTS, across, [(day.toordinal(), label) for day, label in named])
    _draw_legend(canvas)


def _highest(periods: Sequence[Period]) -> tuple[int, int]:
    up = max(period.opened + period.reopened for period in periods)
    down = max(period.closed for period in periods)
    return max(up, 1), max(down, 1)


def _draw_period(canvas: Canvas, period: Period, across: Scale, height: Scale) -> None:
    left, right = _place(across, period.first), _place(across, period.last + ONE)
    gap = min(2.0, (right - left) * 0.15)
    left, width = left + gap, right - left - 2 * gap
    line = {"stroke": svg.BLACK, "stroke_width": 0.6 if width > 3 else 0}
    pale = {} if period.is_whole else {"opacity": 0.45}
    top, zero = height(period.opened), height(0)
    stacked = height(period.opened + period.reopened)
    low = height(-period.closed)
    if period.opened:
        canvas.rect((left, top), (width, zero - top), fill=svg.BLUE, **pale)
    if period.reopened:
        fill = canvas.hatch(svg.BLUE)
        canvas.rect((left, stacked), (width, top - stacked), fill=fill, **pale, **line)
    if period.closed:
        canvas.rect((left, zero), (width, low - zero), fill=svg.ORANGE, **pale, **line)


def _draw_legend(canvas: Canvas) -> None:
    y = EVENTS.top - 22
    fills = (
        (svg.BLUE, "opened (up)"),
        (canvas.hatch(svg.BLUE), "reopened (up)"),
        (svg.ORANGE, "closed (down)"),
    )
    for place, (fill, label) in enumerate(fills):
        x = 460 + place * 128
        canvas.rect((x, y), (14, 10), fill=fill, stroke=svg.BLACK, stroke_width=0.6)
        canvas.text((x + 20, y + 9.5), label)


def _draw_spikes(canvas: Canvas, flow: Flow) -> None:
    across, taken = _across(flow), [0.0, 0.0]
    for number, spike in enumerate(flow.spikes, 1):
        first = max(spike.first, flow.periods[0].first)
        left = _place(across, first)
        right = max(_place(across, spike.last + ONE), left + 2)
        middle = (left + right) / 2
        row = 0 if middle > taken[0] else 1
        taken[row] = middle + 26
        for area in (BACKLOG, EVENTS):
            size = (right - left, area.bottom - area.top)
            canvas.rect((left, area.top), size, fill=svg.VERMILLION, opacity=0.18)
        y = BACKLOG.top - 6 - 15 * row
        is_alert = spike.level == "alert"
        fill = svg.VERMILLION if is_alert else "#ffffff"
        canvas.mark("triangle", (middle - 5, y - 4), 4.5, fill=fill, stroke=svg.BLACK)
        canvas.text((middle + 3, y), str(number), font_weight="bold")


# --- text ----------------------------------------------------------------------------------------


def _about(flow: Flow) -> str:
    first, last = flow.periods[0], flow.periods[-1]
    return (
        f"From {day_in_words(first.first)} to {day_in_words(last.last)}, the number of open issues "
        f"changed from {flow.backlog_before:,} to {last.backlog:,}. {_sums(flow.periods)}"
    )


def _sums(periods: Sequence[Period]) -> str:
    opened, closed, reopened = (
        sum(getattr(period, name) for period in periods)
        for name in ("opened", "closed", "reopened")
    )
    return f"{opened:,} opened, {reopened:,} reopened, {closed:,} closed."


def _notes(flow: Flow) -> list[str]:
    notes = [f"n: {_sums(flow.periods)} An issue closed twice counts twice."]
    if any(not period.is_whole for period in flow.periods):
        notes.append(
            f"Pale bars: a {flow.interval} that has not ended, or lies only partly in the range."
        )
    undated = sum(period.closed_undated for period in flow.periods)
    if undated:
        notes.append(
            f"{undated:,} more issues are done without a closing date. They count as closed on the "
            "day of their last change, but are not in the bars."
        )
    if flow.spikes:
        notes.append("Spikes (filled: alert, hollow: notice), with the least likely days of each:")
    notes += [f"▲ {number}  {_of_spike(spike)}" for number, spike in enumerate(flow.spikes, 1)]
    if flow.spikes_left_out:
        notes.append(f"{flow.spikes_left_out:,} weaker spikes in the range are not marked.")
    return notes


def _of_spike(spike: SpikeMark) -> str:
    days = day_in_words(spike.first)
    if spike.last != spike.first:
        days += f" to {day_in_words(spike.last)}"
    series = f" ({spike.series})" if spike.series else ""
    return f"{days}{'' if spike.is_over else ', ongoing'}{series}: {spike.says}"


def _table(flow: Flow) -> Table:
    shown = flow.periods[-MOST_ROWS:]
    rows = tuple(
        (p.first, p.last, p.opened, p.reopened, p.closed, p.closed_undated, p.backlog)
        for p in shown
    )
    heads = ("from", "to", "opened", "reopened", "closed", "done without a date", "open at the end")
    return Table(heads, rows, len(flow.periods) - len(shown))
