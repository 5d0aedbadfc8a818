"""Page of the report: charts, notes and tables in one self-contained file."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from django.template.loader import render_to_string

from analytics.charts import CHARTS
from analytics.charts.data import Report
from analytics.charts.scales import day_in_words
from analytics.charts.svg import Chart, Table

CSS = Path(__file__).with_name("page.css").read_text()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(CSS.encode()).digest()).decode()}'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: no scripts, no external content, only the page's own style."""


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    is_number: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Chart with its notes and table, for the template."""

    name: str
    title: str
    inline: str
    notes: tuple[str, ...]
    table: Table
    rows: tuple[tuple[Cell, ...], ...]
    address: str

    @property
    def table_caption(self) -> str:
        left_out = self.table.left_out
        return f"{left_out:,} more are not in this table." if left_out > 0 else ""


def write_page(report: Report, address_of: Callable[[str], str]) -> str:
    """Render the page; `address_of` returns the URL of a chart by its name."""
    charts = (draw(report) for draw in CHARTS.values())
    shown = {
        "report": report,
        "first": day_in_words(report.first),
        "last": day_in_words(report.last),
        "days": (report.last - report.first).days + 1,
        "totals": list(_totals(report)),
        "charts": [_section(chart, address_of(chart.name)) for chart in charts],
        "css": CSS,
    }
    return render_to_string("analytics/report.html", shown)


def _totals(report: Report) -> Iterator[tuple[str, str]]:
    totals = report.totals
    end = day_in_words(report.last)
    yield f"issues, end of {end}", f"{totals.total:,}"
    yield "still open", f"{totals.open:,}"
    yield "done", f"{totals.closed:,}"
    yield "opened in the range", f"{totals.opened:,}"
    yield "closed in the range", f"{totals.closings:,}"


def _section(chart: Chart, address: str) -> Section:
    return Section(
        name=chart.name,
        title=chart.title,
        inline=chart.inline(),
        notes=chart.notes,
        table=chart.table,
        rows=tuple(tuple(_cells(row, chart.table)) for row in chart.table.rows),
        address=address,
    )


def _cells(row: tuple[object, ...], table: Table) -> Iterator[Cell]:
    for place, value in enumerate(row):
        url = table.links.get(str(value), "") if place == 0 else ""
        if isinstance(value, int):
            yield Cell(f"{value:,}", is_number=True)
        else:
            yield Cell(day_in_words(value) if isinstance(value, date) else str(value), url=url)
