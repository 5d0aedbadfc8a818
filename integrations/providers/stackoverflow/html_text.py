"""Conversion of Stack Exchange's HTML to approximately the original Markdown.

Used only for servers that do not send the Markdown. Never fails on invalid HTML.
"""

import re
from html.parser import HTMLParser

_BLOCKS = {"p", "div", "ul", "ol", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
_MARKS = {"em": "*", "i": "*", "strong": "**", "b": "**", "del": "~~", "s": "~~", "strike": "~~"}
_UNSEEN = {"script", "style"}
_LANGUAGE = re.compile(r"lang-([\w+#.-]+)")
_MAX_DEPTH = 10
"""Maximum nesting of lists and quotations; deeper levels are written at this level."""
_CODE_BREAK = "\r"
"""Placeholder for line ends in code until the end, so that blank lines are not merged."""
# The parser of the standard library is very slow on unterminated tags.
_UNENDING = re.compile(r"<(?![^<>]*>)")


def markdown_of(html: str) -> str:
    writer = _Writer()
    writer.feed(_UNENDING.sub("&lt;", html.replace("\r\n", "\n").replace("\r", "\n")))
    writer.close()
    return writer.text()


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._quotes: list[int] = []
        """Index in `_parts` at which each open quotation begins."""
        self._lists: list[int] = []
        """Next number of each open list; 0 for an unnumbered list."""
        self._links: list[str] = []
        self._code_from: int | None = None
        """Index in `_parts` at which the open block of code begins."""
        self._language = ""
        self._unseen = 0

    def text(self) -> str:
        self._end_code()
        while self._quotes:
            self._end_quote()
        return _merge_blank_lines(self._parts).replace(_CODE_BREAK, "\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "pre" and self._code_from is None:
            found = _LANGUAGE.search(given.get("class", ""))
            self._language = found[1] if found else ""
            self._code_from = len(self._parts)
        elif self._code_from is None:
            self._start(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        elif tag == "pre":
            self._end_code()
        elif self._code_from is None:
            self._end(tag)

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        self._parts.append(data if self._code_from is not None else re.sub(r"\s+", " ", data))

    def _start(self, tag: str, given: dict[str, str]) -> None:
        if tag in _BLOCKS and not self._is_in_list(tag):
            self._parts.append("\n\n")
        if tag in _MARKS or tag == "code":
            self._parts.append(_MARKS.get(tag, "`"))
        elif re.fullmatch("h[1-6]", tag):
            self._parts.append("#" * int(tag[1]) + " ")
        elif tag == "img":
            self._parts.append(f"![{given.get('alt', '')}]({given.get('src', '')})")
        elif tag in ("hr", "br"):
            self._parts.append("---\n\n" if tag == "hr" else "\n")
        else:
            self._open(tag, given)

    def _open(self, tag: str, given: dict[str, str]) -> None:
        if tag == "a":
            self._links.append(given.get("href", ""))
            self._parts.append("[")
        elif tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else 0)
        elif tag == "li":
            self._parts.append(self._bullet())
        elif tag == "blockquote" and len(self._quotes) < _MAX_DEPTH:
            self._quotes.append(len(self._parts))

    def _end(self, tag: str) -> None:
        if tag in _MARKS or tag == "code":
            self._parts.append(_MARKS.get(tag, "`"))
        elif tag == "a" and self._links:
            self._parts.append(f"]({self._links.pop()})")
        elif tag == "blockquote" and self._quotes:
            self._end_quote()
        elif tag in _BLOCKS:
            if tag in ("ul", "ol") and self._lists:
                self._lists.pop()
            self._parts.append("\n\n" if not self._is_in_list(tag) else "\n")

    def _is_in_list(self, tag: str) -> bool:
        """Return True inside a list, where paragraphs and lists need no blank lines."""
        return bool(self._lists) and tag in ("p", "ul", "ol")

    def _bullet(self) -> str:
        indent = "  " * (min(len(self._lists), _MAX_DEPTH) - 1)
        number = self._lists[-1] if self._lists else 0
        if number:
            self._lists[-1] += 1
        return f"\n{indent}{number}. " if number else f"\n{indent}- "

    def _end_code(self) -> None:
        if self._code_from is None:
            return
        code = "".join(self._parts[self._code_from :]).rstrip("\n").replace("\n", _CODE_BREAK)
        del self._parts[self._code_from :]
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", code)), 0)
        lines = (f"{fence}{self._language}", code, fence)
        self._parts.append(f"\n\n{_CODE_BREAK.join(lines)}\n\n")
        self._code_from = None

    def _end_quote(self) -> None:
        start = self._quotes.pop()
        quoted = _merge_blank_lines(self._parts[start:]).replace(_CODE_BREAK, f"{_CODE_BREAK}> ")
        del self._parts[start:]
        lines = (f"> {line}".rstrip() for line in quoted.split("\n"))
        self._parts.append("\n\n" + "\n".join(lines) + "\n\n")


def _merge_blank_lines(parts: list[str]) -> str:
    text = re.sub(r"(?<! ) +\n", "\n", "".join(parts))
    return re.sub(r"\n{3,}", "\n\n", text).strip()
