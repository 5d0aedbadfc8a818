"""Chart: time to first response."""

from collections.abc import Iterable, Sequence

from analytics.charts import scales, svg
from analytics.charts.data import Response, ResponsePeriod
from analytics.charts.resolution import exclusion_text, percentile_text
from analytics.charts.scales import Scale, spell
from analytics.charts.svg import Area, Canvas, Chart, Table
from analytics.facts.histograms import ENOUGH, Counts, merge, quantile

WAITS = Area(78, 58, 840, 260)
ANSWERS = Area(78, 306, 840, 376)
SERIES = ((50, "circle", "none", svg.BLUE), (90, "square", "6 4", svg.VERMILLION))
"""Percentiles, with mark, dash pattern and colour."""
MOST_ROWS = 750


def draw(response: Response) -> Chart:
    canvas = Canvas("response", 408)
    answered = [period for period in response.periods if period.counts]
    if answered:
        _draw(canvas, response, answered)
    else:
        canvas.empty(WAITS, "No issue got its first response in this range.")
    return Chart(
        title=f"Time to first response, by the {response.interval} of the response",
        about=_about(response),
        notes=tuple(_notes(response)),
        canvas=canvas,
        table=_table(answered, response),
    )


def _everything(response: Response) -> Counts:
    parts = (period.counts for period in response.periods)
    return merge({str(bucket): n for bucket, n in counts.items()} for counts in parts)


# --- drawing -------------------------------------------------------------------------------------


def _draw(canvas: Canvas, response: Response, answered: Sequence[ResponsePeriod]) -> None:
    first, last = response.periods[0].first, response.periods[-1].last
    across = Scale(first.toordinal(), last.toordinal() + 1, WAITS.left, WAITS.right)
    values = [quantile(p.counts, percent) for p in answered for percent in (50, 90)]
    up = scales.logarithmic(*scales.around(values), WAITS.bottom, WAITS.top)
    canvas.y_axis(WAITS, up, scales.durations(up), "Time to first response (logarithmic)")
    canvas.line((WAITS.left, WAITS.bottom), (WAITS.right, WAITS.bottom))
    for percent, shape, dash, colour in SERIES:
        points = [(_middle(p, across), up(quantile(p.counts, percent))) for p in answered]
        canvas.path(points, stroke=colour, stroke_width=1.6, stroke_dasharray=dash)
        if len(points) > 200:
            continue
        for period, point in zip(answered, points, strict=True):
            fill = colour if _n(period) >= ENOUGH else "#ffffff"
            canvas.mark(shape, point, 3.6, fill=fill, stroke=colour, stroke_width=1.4)
    _draw_answers(canvas, response, across)
    _draw_legend(canvas)


def _middle(period: ResponsePeriod, across: Scale) -> float:
    return (across(period.first.toordinal()) + across(period.last.toordinal() + 1)) / 2


def _draw_answers(canvas: Canvas, response: Response, across: Scale) -> None:
    ticks = scales.counts(max(_n(period) for period in response.periods), 3)
    up = Scale(0, ticks[-1][0], ANSWERS.bottom, ANSWERS.top)
    canvas.y_axis(ANSWERS, up, ticks, f"Issues answered per {response.interval}")
    for period in response.periods:
        left, right = across(period.first.toordinal()), across(period.last.toordinal() + 1)
        gap = min(2.0, (right - left) * 0.15)
        top = up(_n(period))
        size = (right - left - 2 * gap, ANSWERS.bottom - top)
        canvas.rect((left + gap, top), size, fill=svg.GREY)
    named = scales.dates(response.periods[0].first, response.periods[-1].last)
    canvas.x_axis(ANSWERS, across, [(day.toordinal(), label) for day, label in named])


def _draw_legend(canvas: Canvas) -> None:
    for place, (percent, shape, dash, colour) in enumerate(SERIES):
        x, y = 540 + place * 150, 24
        canvas.line((x, y), (x + 34, y), stroke=colour, stroke_width=1.6, stroke_dasharray=dash)
        canvas.mark(shape, (x + 17, y), 3.6, fill=colour)
        canvas.text((x + 42, y + 4), "median (P50)" if percent == 50 else f"P{percent}")


# --- text ----------------------------------------------------------------------------------------


def _n(period: ResponsePeriod) -> int:
    return sum(period.counts.values())


def _about(response: Response) -> str:
    counts = _everything(response)
    return f"{sum(counts.values()):,} first responses in the range. {percentile_text(counts)}"


def _notes(response: Response) -> Iterable[str]:
    counts = _everything(response)
    yield (
        f"n = {sum(counts.values()):,} issues with their first response in the range, by a person "
        f"other than the author (bots do not count). {percentile_text(counts)} "
        f"{exclusion_text(response.excluded)}"
    )
    if any(0 < _n(period) < ENOUGH for period in response.periods):
        yield (
            f"Hollow marks: fewer than {ENOUGH} issues in that {response.interval}, too few for a "
            "reliable percentile."
        )
    if response.oldest_seconds is None:
        yield "No open issue is waiting for a first response."
    else:
        yield (
            f"Open issues waiting for a first response: {response.waiting:,}, the oldest for "
            f"{spell(response.oldest_seconds)}."
        )


def _table(answered: Sequence[ResponsePeriod], response: Response) -> Table:
    rows = tuple(
        (p.first, p.last, _n(p), *(spell(quantile(p.counts, percent)) for percent in (50, 90)),
         "" if _n(p) >= ENOUGH else "not enough data")
        for p in answered[-MOST_ROWS:]
    )  # fmt: skip
    heads = ("from", "to", "answered", "median", "P90", "")
    return Table(heads, rows, len(answered) - len(rows))
