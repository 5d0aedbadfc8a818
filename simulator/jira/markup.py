"""Markdown as the stories write it, taken apart: enough of it to show it in Jira's two ways."""

import re
from collections.abc import Iterator

import msgspec


class Span(msgspec.Struct, frozen=True):
    """A run of text: plain, code, strong, emphasis, link, mention, emoji or break."""

    kind: str
    text: str
    target: str = ""
    """A link's address, a mention's login, an emoji's name."""


Spans = tuple[Span, ...]


class Block(msgspec.Struct, frozen=True):
    """paragraph, heading, code, bullets, numbers, tasks, table, panel, unknown or quote."""

    kind: str
    spans: Spans = ()
    rows: tuple[tuple[Spans, ...], ...] = ()
    """Items of a list (one cell each) or rows of a table."""
    text: str = ""
    name: str = ""
    """The language of code, the sort of a panel."""
    level: int = 0
    blocks: "tuple[Block, ...]" = ()


_SPAN = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|\*\*(?P<strong>[^*\n]+)\*\*"
    r"|\*(?P<em>[^*\s][^*\n]*)\*"
    r"|\[(?P<label>[^\]\n]+)\]\((?P<href>[^)\s]+)\)"
    r"|(?P<url>https?://[^\s<>)\]]*[^\s<>)\].,;:!?'\"])"
    r"|(?<![\w/])@(?P<mention>[a-z][a-z0-9-]+[a-z0-9])"
    r"|(?<![\w:]):(?P<emoji>[a-z_]{3,20}):(?![\w:])"
    r"|(?P<break>\n)"
)
_PANELS = frozenset({"info", "note", "warning", "success", "error"})
_LIST = re.compile(r"(?:[-*]|\d+\.) ")
_TASK = re.compile(r"- \[([ x])\] ")
_START = re.compile(r"#{1,6} |```|:::\w|\||> |</?(?:details|summary)|(?:[-*]|\d+\.) ")


def parse_spans(text: str) -> Spans:
    return tuple(_spans(text))


def _spans(text: str) -> Iterator[Span]:
    end = 0
    for match in _SPAN.finditer(text):
        if match.start() > end:
            yield Span("text", text[end : match.start()])
        yield _span(match)
        end = match.end()
    if end < len(text):
        yield Span("text", text[end:])


def _span(match: re.Match[str]) -> Span:
    kind = match.lastgroup or ""
    if kind == "href":
        return Span("link", match["label"], match["href"])
    if kind in {"url", "mention", "emoji"}:
        return Span("link" if kind == "url" else kind, match[kind], match[kind])
    return Span(kind, match[kind])


def parse(text: str) -> tuple[Block, ...]:
    return tuple(_Blocks(text).read())


class _Blocks:
    """Reads line by line."""

    def __init__(self, text: str) -> None:
        self._lines = text.replace("\r\n", "\n").split("\n")
        self._at = 0

    def read(self) -> Iterator[Block]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if not line.strip():
                self._at += 1
            elif (block := self._block(line)) is not None:
                yield block

    def _block(self, line: str) -> Block | None:
        if line.startswith(("```", ":::")):
            return self._boxed(line)
        if match := re.match(r"(#{1,6}) (.*)", line):
            self._at += 1
            return Block("heading", parse_spans(match[2]), level=len(match[1]))
        if line.startswith("<"):
            return self._tag(line)
        if line.startswith("|"):
            return self._table()
        if line.startswith("> "):
            return Block("quote", parse_spans("\n".join(x[2:] for x in self._run("> "))))
        return self._list(line) if _LIST.match(line) else self._paragraph()

    def _tag(self, line: str) -> Block | None:
        """`<details>` has no counterpart; what a `<summary>` says is a line of its own."""
        self._at += 1
        told = re.sub(r"</?(?:details|summary)>", "", line).strip()
        return Block("paragraph", parse_spans(told)) if told else None

    def _fenced(self, fence: str) -> str:
        start = self._at + 1
        self._at = start
        while self._at < len(self._lines) and not self._lines[self._at].startswith(fence):
            self._at += 1
        self._at += 1
        return "\n".join(self._lines[start : self._at - 1])

    def _boxed(self, line: str) -> Block:
        name = line[3:].strip()
        if line.startswith("```"):
            return Block("code", text=self._fenced("```"), name=name)
        inside = parse(self._fenced(":::"))
        return Block("panel" if name in _PANELS else "unknown", name=name, blocks=inside)

    def _run(self, start: str) -> list[str]:
        first = self._at
        while self._at < len(self._lines) and self._lines[self._at].startswith(start):
            self._at += 1
        return self._lines[first : self._at]

    def _table(self) -> Block:
        rows = [
            tuple(parse_spans(cell.strip()) for cell in line.strip("| ").split("|"))
            for line in self._run("|")
            if not re.fullmatch(r"[|\s:-]+", line)
        ]
        return Block("table", rows=tuple(rows))

    def _list(self, line: str) -> Block:
        kind = "tasks" if _TASK.match(line) else "numbers" if line[0].isdigit() else "bullets"
        rows: list[tuple[Spans, ...]] = []
        while self._at < len(self._lines) and _LIST.match(self._lines[self._at]):
            rows.append((parse_spans(_item(self._lines[self._at])),))
            self._at += 1
        return Block(kind, rows=tuple(rows))

    def _paragraph(self) -> Block:
        first = self._at
        self._at += 1
        while self._at < len(self._lines) and self._lines[self._at].strip():
            if _START.match(self._lines[self._at]):
                break
            self._at += 1
        return Block("paragraph", parse_spans("\n".join(self._lines[first : self._at])))


def _item(line: str) -> str:
    return _LIST.sub("", _TASK.sub("", line, count=1), count=1)
