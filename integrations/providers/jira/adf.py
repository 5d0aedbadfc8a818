"""Atlassian Document Format to Markdown.

An unknown node is walked for what it holds: no text is dropped, nothing raises.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Node = Mapping[str, Any]

MAX_DEPTH = 40
"""Deeper nesting is read for its text alone."""


def to_markdown(body: object) -> str:
    """A text is taken as it is; what is neither text nor document is empty."""
    if isinstance(body, str):
        return body
    return _block(body, 0).strip("\n") if isinstance(body, dict) else ""


# --- blocks -------------------------------------------------------------------------------------


def _block(node: Node, depth: int) -> str:
    if depth > MAX_DEPTH:
        return " ".join(_texts(node))
    return _BLOCKS.get(_type(node), _blocks)(node, depth)


def _blocks(node: Node, depth: int, between: str = "\n\n") -> str:
    return between.join(part for part in _parts(node, depth + 1) if part)


def _parts(node: Node, depth: int) -> Iterator[str]:
    """What a node holds: each block by itself, inline nodes that follow one another as one."""
    run = ["" if _type(node) == "text" else _own_text(node)]
    for child in _content(node):
        if _type(child) in _INLINES:
            run.append(_inline(child, depth))
            continue
        yield "".join(run)
        run = []
        yield _block(child, depth)
    yield "".join(run)


def _heading(node: Node, depth: int) -> str:
    level = _attribute(node, "level")
    marks = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1)
    return f"{marks} {_line(node, depth)}"


def _quote(node: Node, depth: int) -> str:
    return _prefixed("> ", _blocks(node, depth))


def _panel(node: Node, depth: int) -> str:
    kind = _text(node, "panelType")
    head = f"**{kind.capitalize()}**\n\n" if kind else ""
    return _prefixed("> ", head + _blocks(node, depth))


def _expand(node: Node, depth: int) -> str:
    title = _text(node, "title")
    return (f"**{title}**\n\n" if title else "") + _blocks(node, depth)


def _code(node: Node, depth: int) -> str:
    code = "".join(_texts(node))
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}{_text(node, 'language')}\n{code}\n{fence}"


def _bullets(node: Node, depth: int) -> str:
    return _list(node, depth, lambda _number, _item: "- ")


def _numbers(node: Node, depth: int) -> str:
    first = _attribute(node, "order")
    start = first if isinstance(first, int) and first >= 0 else 1
    return _list(node, depth, lambda number, _item: f"{start + number}. ")


def _tasks(node: Node, depth: int) -> str:
    done = ("DONE", "DECIDED")
    return _list(
        node, depth, lambda _, item: f"- [{'x' if _text(item, 'state') in done else ' '}] "
    )


def _list(node: Node, depth: int, mark: Callable[[int, Node], str]) -> str:
    lines = []
    for number, item in enumerate(_content(node)):
        if _type(item) in _LISTS:  # a task list may hold another one directly
            lines.append(_prefixed("  ", _block(item, depth + 1)))
            continue
        prefix = mark(number, item)
        text = _blocks(item, depth + 1, "\n") if _type(item) in _ITEMS else _block(item, depth + 1)
        lines.append(prefix + _prefixed(" " * len(prefix), text).lstrip(" "))
    return "\n".join(lines)


def _table(node: Node, depth: int) -> str:
    rows = [_row(row, depth + 1) for row in _content(node)]
    rows = [row for row in rows if row]
    if not rows:
        return _own_text(node)
    width = max(map(len, rows))
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
    table = "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
    return "\n\n".join(filter(None, [_own_text(node), table]))


def _row(node: Node, depth: int) -> list[str]:
    own = _own_text(node)
    return ([own] if own else []) + [_cell(cell, depth + 1) for cell in _content(node)]


def _cell(node: Node, depth: int) -> str:
    is_cell = _type(node) in ("tableCell", "tableHeader")
    text = _blocks(node, depth, "\n") if is_cell else _inline(node, depth)
    return text.replace("|", "\\|").replace("\n", "<br>")


def _line(node: Node, depth: int) -> str:
    return "".join(_parts(node, depth + 1))


def _prefixed(prefix: str, text: str) -> str:
    return "\n".join(f"{prefix}{line}".rstrip(" ") for line in text.split("\n"))


# --- inside a line ------------------------------------------------------------------------------


def _inline(node: Node, depth: int) -> str:
    if depth > MAX_DEPTH:
        return " ".join(_texts(node))
    render = _INLINES.get(_type(node))
    return render(node) if render else _block(node, depth)


def _marked(node: Node) -> str:
    text = _own_text(node)
    marks = {_type(mark): mark for mark in _listed(node, "marks")}
    core = text.strip()
    if not core:
        return text + _beside(node)
    start = text.index(core)
    before, after = text[:start], text[start + len(core) :]
    for kind, (left, right) in _MARKS.items():
        if kind in marks:
            core = f"{left}{core}{right}"
    href = _text(marks.get("link", {}), "href")
    if href and href != core:
        core = f"[{core}]({href})"
    return before + core + after + _beside(node)


def _mention(node: Node) -> str:
    name = _text(node, "text") or _text(node, "id")
    return f"@{name.removeprefix('@')}" + _beside(node)


def _emoji(node: Node) -> str:
    return (_text(node, "text") or _text(node, "shortName")) + _beside(node)


def _date(node: Node) -> str:
    stamp = _text(node, "timestamp")
    try:
        shown = f"{datetime.fromtimestamp(int(stamp) / 1000, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        shown = stamp
    return shown + _beside(node)


def _status(node: Node) -> str:
    text = _text(node, "text")
    return (f"[{text}]" if text else "") + _beside(node)


def _card(node: Node) -> str:
    url = _text(node, "url")
    return (f"<{url}>" if url else "") + _beside(node)


def _media(node: Node) -> str:
    name = _text(node, "alt") or _text(node, "url") or _text(node, "id")
    return (f"[attachment: {name}]" if name else "[attachment]") + _beside(node)


def _labelled(node: Node) -> str:
    return _text(node, "text") + _beside(node)


def _beside(node: Node) -> str:
    """Text where the format expects none is kept all the same."""
    below = [each for child in _content(node) for each in _texts(child)]
    own = "" if _type(node) == "text" else _own_text(node)
    rest = " ".join(filter(None, [own, *below]))
    return f" {rest}" if rest else ""


# --- reading nodes ------------------------------------------------------------------------------


def _type(node: Node) -> str:
    kind = node.get("type")
    return kind if isinstance(kind, str) else ""


def _own_text(node: Node) -> str:
    text = node.get("text")
    return text if isinstance(text, str) else ""


def _listed(node: Node, name: str) -> list[Node]:
    found = node.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _content(node: Node) -> list[Node]:
    """Bare strings, which no schema allows, count as text."""
    found = node.get("content")
    if not isinstance(found, list):
        return []
    trees = [{"type": "text", "text": each} if isinstance(each, str) else each for each in found]
    return [each for each in trees if isinstance(each, dict)]


def _attribute(node: Node, name: str) -> object:
    attributes = node.get("attrs")
    return attributes.get(name) if isinstance(attributes, dict) else None


def _text(node: Node, name: str) -> str:
    value = _attribute(node, name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _texts(node: Node) -> Iterator[str]:
    """All text below, in its order, without recursion."""
    stack = [node]
    while stack:
        each = stack.pop()
        yield _own_text(each) or ("\n" if _type(each) == "hardBreak" else "")
        stack.extend(reversed(_content(each)))


_MARKS = {"code": ("`", "`"), "em": ("*", "*"), "strong": ("**", "**"), "strike": ("~~", "~~")}
_INLINES: dict[str, Callable[[Node], str]] = {
    "text": _marked,
    "hardBreak": lambda node: "\n" + _beside(node).strip("\n "),
    "mention": _mention,
    "emoji": _emoji,
    "date": _date,
    "status": _status,
    "inlineCard": _card,
    "mediaInline": _media,
    "placeholder": _labelled,
    "inlineExtension": _labelled,
}
_LISTS = ("bulletList", "orderedList", "taskList", "decisionList")
_ITEMS = ("listItem", "taskItem", "decisionItem", "blockTaskItem")
_BLOCKS: dict[str, Callable[[Node, int], str]] = {
    "paragraph": _line,
    "heading": _heading,
    "blockquote": _quote,
    "panel": _panel,
    "expand": _expand,
    "nestedExpand": _expand,
    "codeBlock": _code,
    "bulletList": _bullets,
    "orderedList": _numbers,
    "taskList": _tasks,
    "decisionList": _tasks,
    "table": _table,
    "rule": lambda node, _depth: "---" + _beside(node),
    "blockCard": lambda node, _depth: _card(node),
    "embedCard": lambda node, _depth: _card(node),
    "media": lambda node, _depth: _media(node),
}
