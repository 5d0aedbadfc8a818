"""Chart: open issues per assignee; with names only on request."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from analytics.charts import scales, svg
from analytics.charts.data import PersonLoad, Workload
from analytics.charts.scales import Scale
from analytics.charts.svg import Area, Canvas, Chart, Table, cut

AREA = Area(60, 64, 840, 280)
NAMES = Area(190, 64, 800, 64)
ROW = 24
NAMED = 25
MOST_ROWS = 100


def draw(workload: Workload) -> Chart:
    if not workload.is_named:
        return _chart(_draw_shape(workload), workload, _shape_table(workload))
    return _chart(_draw_people(workload), workload, _people_table(workload))


def _chart(canvas: Canvas, workload: Workload, table: Table) -> Chart:
    title = "Assignees now, by how many open issues each has"
    return Chart(
        title="Open issues now, by assignee" if workload.is_named else title,
        about=" ".join(_notes(workload)),
        notes=tuple(_notes(workload)),
        canvas=canvas,
        table=table,
    )


# --- distribution --------------------------------------------------------------------------------


def _place(n: int) -> int:
    """Return the bar of `n`; bars hold 0, 1, 2, 3-4, 5-8, …"""
    return 0 if n == 0 else 1 + (n - 1).bit_length()


def _range(place: int) -> str:
    if place < 3:
        return str(place)
    return f"{2 ** (place - 2) + 1:,} to {2 ** (place - 1):,}"


def _shape(workload: Workload) -> list[tuple[int, int, int]]:
    """Return (bar, people by open issues, people by issues in progress) of each bar."""
    has = Counter(_place(load.open) for load in workload.people)
    works_on = Counter(_place(load.in_progress) for load in workload.people)
    last = max((*has, 3))
    return [(place, has[place], works_on[place]) for place in range(last + 1)]


def _draw_shape(workload: Workload) -> Canvas:
    canvas = Canvas("workload", 326)
    if not workload.people:
        canvas.empty(AREA, "No open issue has an assignee.")
        return canvas
    bars = _shape(workload)
    ticks = scales.counts(max(max(has, going) for _, has, going in bars))
    up = Scale(0, ticks[-1][0], AREA.bottom, AREA.top)
    canvas.y_axis(AREA, up, ticks, "Assignees")
    width = (AREA.right - AREA.left) / len(bars)
    half = min(width / 2 - 6, 46)
    fills = (svg.BLUE, canvas.hatch(svg.BLACK))
    for place, *people in bars:
        middle = AREA.left + width * (place + 0.5)
        for side, (n, fill) in enumerate(zip(people, fills, strict=True)):
            left = middle - half + side * half
            size = (half - 1, AREA.bottom - up(n))
            if n:
                canvas.rect((left, up(n)), size, fill=fill, stroke=svg.BLACK, stroke_width=0.6)
                canvas.text((left + half / 2, up(n) - 4), f"{n:,}", text_anchor="middle")
    named = [(place + 0.5, _range(place)) for place, _, _ in bars]
    across = Scale(0, len(bars), AREA.left, AREA.right)
    canvas.x_axis(AREA, across, named, "Issues per assignee")
    _draw_legend(canvas, ("by open issues", "by issues in progress"))
    return canvas


def _draw_legend(canvas: Canvas, labels: Sequence[str]) -> None:
    for place, label in enumerate(labels):
        fill = canvas.hatch(svg.BLACK) if place else svg.BLUE
        x = 500 + place * 160
        canvas.rect((x, 16), (14, 10), fill=fill, stroke=svg.BLACK, stroke_width=0.6)
        canvas.text((x + 20, 25.5), label)


# --- by name -------------------------------------------------------------------------------------


def _draw_people(workload: Workload) -> Canvas:
    shown = workload.people[:NAMED]
    canvas = Canvas("workload", NAMES.top + ROW * max(len(shown), 4) + 46)
    area = Area(NAMES.left, NAMES.top, NAMES.right, canvas.height - 46)
    if not shown:
        canvas.empty(area, "No open issue has an assignee.")
        return canvas
    ticks = scales.counts(shown[0].open)
    across = Scale(0, ticks[-1][0], area.left, area.right)
    for place, load in enumerate(shown):
        _draw_person(canvas, load, area.top + ROW * place, across)
    canvas.x_axis(area, across, ticks, "Open issues")
    _draw_legend(canvas, ("not in progress", "in progress"))
    return canvas


def _draw_person(canvas: Canvas, load: PersonLoad, y: float, across: Scale) -> None:
    line = {"stroke": svg.BLACK, "stroke_width": 0.6}
    left, middle, right = across(0), across(load.in_progress), across(load.open)
    canvas.text((left - 8, y + 16), cut(load.login, 26), text_anchor="end")
    canvas.rect((left, y + 4), (middle - left, ROW - 8), fill=canvas.hatch(svg.BLACK), **line)
    canvas.rect((middle, y + 4), (right - middle, ROW - 8), fill=svg.BLUE, **line)
    canvas.text((right + 6, y + 16), f"{load.open:,}")


# --- text ----------------------------------------------------------------------------------------


def _notes(workload: Workload) -> Iterable[str]:
    people = workload.people
    yield (
        f"n = {workload.open:,} open issues, {workload.unassigned:,} without an assignee. "
        "An issue with two assignees counts for both. Accounts of one person count as one."
    )
    if people:
        yield (
            f"{len(people):,} assignees with a median of {median(p.open for p in people):g} and a "
            f"maximum of {people[0].open:,} open issues."
        )
    if workload.is_named and len(people) > NAMED:
        yield f"{len(people) - NAMED:,} assignees with fewer issues are not shown."


def _shape_table(workload: Workload) -> Table:
    rows = tuple((_range(place), has, going) for place, has, going in _shape(workload))
    heads = ("issues", "assignees by open issues", "assignees by issues in progress")
    return Table(heads, rows)


def _people_table(workload: Workload) -> Table:
    shown = workload.people[:MOST_ROWS]
    rows = tuple((load.login, load.open, load.in_progress) for load in shown)
    return Table(("assignee", "open", "in progress"), rows, len(workload.people) - len(shown))
