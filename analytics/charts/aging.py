"""Chart: age of issues in progress, compared with the project's closed issues."""

from collections.abc import Iterable, Mapping, Sequence

from analytics.charts import scales, svg
from analytics.charts.data import Aging, OldIssue
from analytics.charts.resolution import LINES, percentile_text
from analytics.charts.scales import Scale, spell
from analytics.charts.svg import Area, Canvas, Chart, Table, cut, safe_address
from analytics.facts.histograms import Counts, percentiles, value_of

AREA = Area(78, 52, 790, 400)
STEP = 9.0
"""Pixels between dots."""
LABELLED = 3
"""Labelled issues per column."""
LABEL_ROOM = 74


def draw(aging: Aging) -> Chart:
    canvas = Canvas("aging", 432)
    share = 1
    if aging.columns:
        share = _draw(canvas, aging)
    else:
        canvas.empty(AREA, "No issue is in progress.")
    return Chart(
        title="Issues in progress now, by time since work began",
        about=_about(aging),
        notes=tuple(_notes(aging, share)),
        canvas=canvas,
        table=_table(aging),
    )


# --- drawing -------------------------------------------------------------------------------------


def _draw(canvas: Canvas, aging: Aging) -> int:
    """Draw the chart; return the number of issues per dot."""
    up = _ages(aging)
    canvas.y_axis(AREA, up, scales.durations(up), "Time since work began (logarithmic)")
    canvas.line((AREA.left, AREA.bottom), (AREA.right, AREA.bottom))
    limits = _draw_percentiles(canvas, aging.past, up)
    width = (AREA.right - AREA.left) / len(aging.columns)
    room = min(width, 300) - 12 - LABEL_ROOM
    rows = {word: _rows(ages, up) for word, ages in aging.columns.items()}
    fullest = max(len(row) for column in rows.values() for row in column.values())
    share = -(-fullest // max(1, int(room // STEP)))
    for place, (word, column) in enumerate(rows.items()):
        left = AREA.left + width * place
        _draw_column(canvas, (left, width), (word, sum(aging.columns[word].values())))
        middle = left + (width - LABEL_ROOM) / 2
        shown = [row[::share] for row in column.values()]
        for row in shown:
            _draw_row(canvas, row, middle, (up, limits))
        edge = middle + max(len(row) for row in shown) * STEP / 2
        _label(canvas, _of_column(aging, word), edge, up)
    return share


def _ages(aging: Aging) -> Scale:
    found = percentiles(aging.past)
    shown = [value_of(bucket) for ages in aging.columns.values() for bucket in ages]
    shown += [seconds for seconds in (found.p50, found.p90) if seconds]
    return scales.logarithmic(*scales.around(shown), AREA.bottom, AREA.top)


def _draw_percentiles(canvas: Canvas, past: Counts, up: Scale) -> Sequence[float]:
    found, floor = percentiles(past), AREA.bottom + 6
    values = [v for v in (found.p50, found.p75, found.p90) if v is not None]
    for (percent, dash), seconds in zip(LINES, values, strict=False):
        y = up(seconds)
        floor = min(y + 4, floor - 13)
        style = {"stroke": svg.VERMILLION, "stroke_width": 1.6, "stroke_dasharray": dash}
        canvas.line((AREA.left, y), (AREA.right, y), **style)
        canvas.text((AREA.right + 6, floor), f"P{percent} {spell(seconds)}", font_size=11)
    return values


def _draw_column(canvas: Canvas, span: tuple[float, float], head: tuple[str, int]) -> None:
    (left, width), (word, n) = span, head
    fits = max(4, int(width / 7) - len(f" ({n:,})"))
    middle = left + width / 2
    label = f"{cut(word or 'no status', fits)} ({n:,})"
    canvas.text((middle, AREA.bottom + 19), label, text_anchor="middle")
    if left > AREA.left:
        canvas.line((left, AREA.top), (left, AREA.bottom), stroke=svg.GREY, stroke_dasharray="1 3")


def _rows(ages: Counts, up: Scale) -> dict[int, list[float]]:
    """Group ages into rows of dots with about the same height."""
    rows: dict[int, list[float]] = {}
    for bucket in sorted(ages):
        seconds = value_of(bucket)
        rows.setdefault(int(up(seconds) // STEP), []).extend([seconds] * ages[bucket])
    return rows


def _draw_row(
    canvas: Canvas, row: Sequence[float], middle: float, heights: tuple[Scale, Sequence[float]]
) -> None:
    up, limits = heights
    y = (up(row[0]) // STEP + 0.5) * STEP
    for place, seconds in enumerate(row):
        x = middle + (place - (len(row) - 1) / 2) * STEP
        shape, fill = _kind(seconds, limits)
        canvas.mark(shape, (x, y), 3.8, fill=fill, stroke=svg.BLACK, stroke_width=0.6)


def _kind(seconds: float, limits: Sequence[float]) -> tuple[str, str]:
    """Return shape and colour for older than P90, older than P75, or younger."""
    if limits and seconds > limits[2]:
        return "triangle", svg.VERMILLION
    if limits and seconds > limits[1]:
        return "diamond", svg.ORANGE
    return "circle", svg.SKY


def _of_column(aging: Aging, word: str) -> Sequence[OldIssue]:
    known = aging.columns.keys()
    mine = [old for old in aging.oldest if (old.status if old.status in known else "other") == word]
    return mine[:LABELLED]


def _label(canvas: Canvas, oldest: Sequence[OldIssue], edge: float, up: Scale) -> None:
    floor = AREA.top - 20.0
    for old in oldest:
        y = (up(old.seconds) // STEP + 0.5) * STEP
        floor = max(y, floor + 14)
        x = edge + 18
        canvas.line((edge, y), (x - 3, floor), stroke=svg.GREY, stroke_width=0.7)
        words = canvas.text((x, floor + 4), cut(old.key, 12), font_size=11,
                            stroke="#ffffff", stroke_width=3, paint_order="stroke")  # fmt: skip
        canvas.link(safe_address(old.url), words)


# --- text ----------------------------------------------------------------------------------------


def _about(aging: Aging) -> str:
    parts = [f"{word or 'no status'} {_n(ages):,}" for word, ages in aging.columns.items()]
    columns = ", ".join(parts) or "none"
    return f"{aging.n:,} issues in progress: {columns}. {percentile_text(aging.past)}"


def _n(ages: Counts) -> int:
    return sum(ages.values())


def _notes(aging: Aging, share: int) -> Iterable[str]:
    dots = "Each mark is one issue" if share == 1 else f"Each mark is up to {share:,} issues"
    yield (
        f"n = {aging.n:,} in progress, by the tracker's status. {dots}. "
        "The oldest issues of each column are labelled."
    )
    yield (
        f"Lines: time from first work to closure of the project's {_n(aging.past):,} issues closed "
        f"in the last 365 days. {percentile_text(aging.past)}"
    )
    if percentiles(aging.past).p90 is not None:
        yield "● up to P75   ◆ older than P75   ▲ older than P90"
    if aging.undated:
        yield f"{aging.undated:,} more issues are in progress, but their start is unknown."


def _table(aging: Aging) -> Table:
    rows = tuple((old.key, old.title, old.status, spell(old.seconds)) for old in aging.oldest)
    heads = ("issue", "title", "status", "in progress for")
    return Table(heads, rows, aging.n - len(rows), links=_links(aging.oldest))


def _links(oldest: Iterable[OldIssue]) -> Mapping[str, str]:
    return {old.key: address for old in oldest if (address := safe_address(old.url))}
