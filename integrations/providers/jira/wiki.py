"""Conversion of Jira's wiki markup to Markdown; unknown markup stays unchanged.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

import re
from collections.abc import Iterator

from integrations.providers.jira.wiki_text import inline

_FENCE = re.compile(r"\{(code|noformat)(?::([^{}\n]*))?\}")
_HEADING = re.compile(r"\s*h([1-6])\.\s*(.*)")
_ITEM = re.compile(r"\s*([*#-]+)\s+(.*)")
_RULE = re.compile(r"\s*-{4,}\s*")
_QUOTED_LINE = re.compile(r"\s*bq\.\s*(.*)")
_PANEL = re.compile(r"\{(quote|panel|info|note|tip|warning)(?::([^{}\n]*))?\}")
_TITLE = re.compile(r"(?:^|\|)title=([^|]*)")
_LANGUAGE = re.compile(r"(?:^|\|)(?:language=)?([A-Za-z0-9+#._-]+)(?=\||$)")


def to_markdown(body: object) -> str:
    """Convert wiki markup; return an empty text if `body` is no string."""
    if not isinstance(body, str):
        return ""
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_pieces(text)).strip("\n")


def _pieces(text: str) -> Iterator[str]:
    """Yield code unchanged and other text converted."""
    place = sought = 0
    prose = _Prose()
    unclosed: set[str] = set()
    while opened := _FENCE.search(text, sought):
        mark = f"{{{opened[1]}}}"
        closed = -1 if mark in unclosed else text.find(mark, opened.end())
        if closed < 0:
            unclosed.add(mark)
            sought = opened.end()
            continue
        before = text[place : opened.start()]
        yield prose.convert(before)
        code = text[opened.end() : closed]
        # Code within a line stays inline.
        is_inline = "\n" not in code and not _is_line_start(before)
        yield f"`{code}`" if is_inline else _fenced(code, opened[2] or "", before)
        place = sought = closed + len(mark)
        if not is_inline and not text.startswith("\n", place):
            yield "\n"
    yield prose.convert(text[place:])


def _is_line_start(before: str) -> bool:
    return not before.rpartition("\n")[2].strip()


def _fenced(code: str, options: str, before: str) -> str:
    fence = "```"
    while fence in code:
        fence += "`"
    language = _LANGUAGE.search(options)
    title = _TITLE.search(options)
    head = "" if _is_line_start(before) else "\n"
    head += f"**{title[1]}**\n" if title else ""
    return f"{head}{fence}{language[1] if language else ''}\n{code.strip(chr(10))}\n{fence}"


class _Prose:
    """Converter of text outside code; a quotation may span a block of code."""

    def __init__(self) -> None:
        self._quoting = ""
        self._is_in_table = False

    def convert(self, text: str) -> str:
        return "\n".join(self._line(line) for line in text.split("\n"))

    def _line(self, line: str) -> str:
        """Convert one line, including markers that open and close quotations."""
        prefix = "> " if self._quoting else ""
        parts: list[str] = []
        place = 0
        for marker in _PANEL.finditer(line):
            parts.append(line[place : marker.start()])
            parts.append(self._turn(marker))
            prefix = "> "
            place = marker.end()
        parts.append(line[place:])
        if place:
            kept = "".join(parts).strip()
            return prefix + inline(kept) if kept else prefix.rstrip()
        return prefix + self._plain(line, prefix)

    def _plain(self, line: str, prefix: str) -> str:
        """Convert a line; add the rule that Markdown needs below a table's first row."""
        was_in_table, self._is_in_table = self._is_in_table, line.lstrip().startswith("|")
        if not self._is_in_table:
            return _by_its_start(line)
        row = _row(line)
        width = row.count(" | ") + 1
        return row if was_in_table else f"{row}\n{prefix}|{' --- |' * width}"

    def _turn(self, marker: re.Match[str]) -> str:
        """Open or close a quotation; return its title."""
        kind = marker[1]
        if self._quoting == kind:
            self._quoting = ""
            return ""
        self._quoting = self._quoting or kind
        title = _TITLE.search(marker[2] or "")
        return f"*{title[1].strip()}* " if title and title[1].strip() else ""


def _by_its_start(line: str) -> str:
    if found := _HEADING.fullmatch(line):
        return f"{'#' * int(found[1])} {inline(found[2])}"
    if found := _QUOTED_LINE.fullmatch(line):
        return f"> {inline(found[1])}"
    if _RULE.fullmatch(line):
        return "---"
    if found := _ITEM.fullmatch(line):
        return _item(found[1], found[2])
    return inline(line)


def _item(marks: str, text: str) -> str:
    indent = "".join("   " if mark == "#" else "  " for mark in marks[:-1])
    return f"{indent}{'1.' if marks[-1] == '#' else '-'} {inline(text)}"


def _row(line: str) -> str:
    """Convert a row; links first, because they contain bars."""
    cells = inline(line.strip()).strip("|").replace("||", "|").split("|")
    return f"| {' | '.join(cell.strip() for cell in cells)} |"
