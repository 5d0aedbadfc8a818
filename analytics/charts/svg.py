"""SVG charts as element trees: always well-formed and without scripts.

All style is in presentation attributes, which a strict Content-Security-Policy allows and which
stay in an SVG saved as a file.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from textwrap import wrap
from xml.etree.ElementTree import Element, SubElement, tostring

from analytics.charts.scales import Scale, Tick

WIDTH = 860
# Okabe and Ito's colours are safe for colour-blind users; shapes and lines repeat their meaning.
BLACK, BLUE, VERMILLION, ORANGE = "#000000", "#0072B2", "#D55E00", "#E69F00"
SKY, GREEN, GREY, PALE = "#56B4E9", "#009E73", "#595959", "#d9d9d9"
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ADDRESS = re.compile(r"https?://[^\s]+", re.IGNORECASE)
_CAPTION = 118
"""Characters per line below a chart."""

Point = tuple[float, float]


def clean(text: str) -> str:
    """Replace characters that XML does not allow."""
    return _NOT_XML.sub("\ufffd", text)


def safe_address(url: str) -> str:
    """Return an http or https URL, else an empty text: trackers may send anything."""
    return clean(url) if _ADDRESS.fullmatch(url) else ""


@dataclass(frozen=True, slots=True)
class Area:
    """Rectangle of the plot, in pixels; the axes are outside."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


@dataclass(slots=True)
class Canvas:
    """Drawing surface of a chart; `name` makes its pattern ids unique on the page."""

    name: str
    height: float
    root: Element = field(default_factory=lambda: Element("g"))

    def put(self, tag: str, /, **attributes: object) -> Element:
        return _put(self.root, tag, **attributes)

    def rect(self, corner: Point, size: Point, **style: object) -> Element:
        (x, y), (width, height) = corner, size
        return self.put("rect", x=x, y=y, width=max(width, 0), height=max(height, 0), **style)

    def line(self, start: Point, end: Point, **style: object) -> None:
        given = {"stroke": BLACK, **style}
        self.put("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], **given)

    def path(self, points: Iterable[Point], **style: object) -> None:
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.put("polyline", points=places, fill="none", stroke_linejoin="round", **style)

    def mark(self, shape: str, at: Point, size: float = 4, **style: object) -> Element:
        """Draw a `circle`, `square`, `diamond` or `triangle`."""
        x, y = at
        if shape == "circle":
            return self.put("circle", cx=x, cy=y, r=size, **style)
        corners = " ".join(f"{x + dx * size:.1f},{y + dy * size:.1f}" for dx, dy in _SHAPES[shape])
        return self.put("polygon", points=corners, **style)

    def text(self, at: Point, words: str, /, **style: object) -> Element:
        return _text(self.root, at, words, **style)

    def link(self, url: str, element: Element) -> None:
        """Link an element to a URL; the table repeats the link for keyboard users."""
        if not url:
            return
        self.root.remove(element)
        link = _put(self.root, "a", href=url, target="_blank", rel="noopener", tabindex=-1)
        link.append(element)

    def hatch(self, colour: str) -> str:
        """Return a striped fill of this colour."""
        name = f"{self.name}-hatch"
        if self.root.find(f"pattern[@id='{name}']") is None:
            pattern = self.put("pattern", id=name, width=5, height=5, patternUnits="userSpaceOnUse",
                               patternTransform="rotate(45)")  # fmt: skip
            _put(pattern, "rect", width=5, height=5, fill="#ffffff")
            _put(pattern, "rect", width=2.2, height=5, fill=colour)
        return f"url(#{name})"

    # --- axes ------------------------------------------------------------------------------------

    def y_axis(self, area: Area, scale: Scale, ticks: Iterable[Tick], unit: str) -> None:
        for value, label in ticks:
            y = scale(value)
            self.line((area.left, y), (area.right, y), stroke=PALE)
            self.text((area.left - 8, y + 4), label, text_anchor="end")
        self.text((4, area.top - 12), unit, fill=GREY)

    def x_axis(self, area: Area, scale: Scale, ticks: Iterable[Tick], unit: str = "") -> None:
        self.line((area.left, area.bottom), (area.right, area.bottom))
        for value, label in ticks:
            x = scale(value)
            self.line((x, area.bottom), (x, area.bottom + 5))
            self.text((x, area.bottom + 19), label, text_anchor="middle")
        if unit:
            self.text((area.middle, area.bottom + 38), unit, text_anchor="middle", fill=GREY)

    def empty(self, area: Area, words: str) -> None:
        """Draw a message instead of data."""
        y = (area.top + area.bottom) / 2
        self.text((12, y), words, fill=GREY, font_size=15)  # left: visible on narrow screens


_SHAPES = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "triangle": ((0, -1.3), (1.25, 0.9), (-1.25, 0.9)),
}


@dataclass(frozen=True, slots=True)
class Table:
    """Table with a chart's exact numbers, also for users who cannot see the chart."""

    heads: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    left_out: int = 0
    links: Mapping[str, str] = field(default_factory=dict)
    """URLs by text of the first column."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Chart with a text description, notes and a table of its numbers."""

    title: str
    about: str
    notes: tuple[str, ...]
    canvas: Canvas
    table: Table

    @property
    def name(self) -> str:
        return self.canvas.name

    def inline(self) -> str:
        """Return the SVG without title and notes, which the page shows."""
        return self._written(self.canvas.height, 0, ())

    def alone(self, project: str) -> str:
        """Return a complete SVG file with title and notes."""
        lines = [line for note in self.notes for line in wrap(note, _CAPTION)]
        head = (f"{project}: {self.title}",)
        return self._written(self.canvas.height + 44 + 17 * len(lines), 34, (*head, *lines))

    def _written(self, height: float, shift: float, words: tuple[str, ...]) -> str:
        root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"})
        _set(root, viewBox=f"0 0 {WIDTH} {height:.0f}", font_family=FONT, font_size=12, fill=BLACK)
        root.set("aria-labelledby", f"{self.name}-title {self.name}-about")
        _put(root, "title", id=f"{self.name}-title").text = clean(self.title)
        _put(root, "desc", id=f"{self.name}-about").text = clean(self.about)
        _put(root, "rect", width=WIDTH, height=height, fill="#ffffff")
        body = _put(root, "g", transform=f"translate(0 {shift:.0f})")
        body.append(self.canvas.root)
        for title in words[:1]:
            _text(root, (12, 22), cut(title, 100), font_size=16, font_weight="bold")
        for place, line in enumerate(words[1:]):
            _text(root, (12, self.canvas.height + shift + 12 + 17 * place), line)
        return tostring(root, encoding="unicode")


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _text(parent: Element, at: Point, words: str, /, **style: object) -> Element:
    element = _put(parent, "text", x=at[0], y=at[1], **style)
    element.text = clean(words)
    return element


def _put(parent: Element, tag: str, /, **attributes: object) -> Element:
    element = SubElement(parent, tag)
    _set(element, **attributes)
    return element


def _set(element: Element, **attributes: object) -> None:
    for name, value in attributes.items():
        shown = f"{value:.1f}".removesuffix(".0") if isinstance(value, int | float) else str(value)
        element.set(name.replace("_", "-"), shown)
