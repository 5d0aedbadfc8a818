"""Conversion of Atlassian Document Format to Markdown.

Unknown nodes are converted by their content: no text is lost, nothing raises.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from collections.abc import Callable, Iterator

from integrations.providers.jira.adf_text import (
    INLINES,
    Node,
    attribute,
    beside,
    card,
    content_of,
    media,
    own_text,
    text_attribute,
    texts_below,
    type_of,
)

MAX_DEPTH = 40
"""Maximum nesting; below it only text is kept."""


def to_markdown(body: object) -> str:
    """Convert a document; return strings unchanged and anything else as empty."""
    if isinstance(body, str):
        return body
    return _block(body, 0).strip("\n") if isinstance(body, dict) else ""


# --- blocks -------------------------------------------------------------------------------------


def _block(node: Node, depth: int) -> str:
    """Convert a block node, or an inline node in a block's place."""
    if depth > MAX_DEPTH:
        return " ".join(texts_below(node))
    inline = INLINES.get(type_of(node))
    return inline(node) if inline else _BLOCKS.get(type_of(node), _blocks)(node, depth)


def _blocks(node: Node, depth: int, between: str = "\n\n") -> str:
    return between.join(part for part in _parts(node, depth + 1) if part)


def _parts(node: Node, depth: int) -> Iterator[str]:
    """Yield the converted blocks of a node; consecutive inline nodes form one block."""
    run = ["" if type_of(node) == "text" else own_text(node)]
    for child in content_of(node):
        if type_of(child) in INLINES:
            run.append(INLINES[type_of(child)](child))
            continue
        yield "".join(run)
        run = []
        yield _block(child, depth)
    yield "".join(run)


def _heading(node: Node, depth: int) -> str:
    level = attribute(node, "level")
    marks = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1)
    return f"{marks} {_line(node, depth)}"


def _quote(node: Node, depth: int) -> str:
    return _prefixed("> ", _blocks(node, depth))


def _panel(node: Node, depth: int) -> str:
    kind = text_attribute(node, "panelType")
    head = f"**{kind.capitalize()}**\n\n" if kind else ""
    return _prefixed("> ", head + _blocks(node, depth))


def _expand(node: Node, depth: int) -> str:
    title = text_attribute(node, "title")
    return (f"**{title}**\n\n" if title else "") + _blocks(node, depth)


def _code(node: Node, depth: int) -> str:
    code = "".join(texts_below(node))
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}{text_attribute(node, 'language')}\n{code}\n{fence}"


def _bullets(node: Node, depth: int) -> str:
    return _list(node, depth, lambda _number, _item: "- ")


def _numbers(node: Node, depth: int) -> str:
    first = attribute(node, "order")
    start = first if isinstance(first, int) and first >= 0 else 1
    return _list(node, depth, lambda number, _item: f"{start + number}. ")


def _tasks(node: Node, depth: int) -> str:
    done = ("DONE", "DECIDED")
    return _list(
        node, depth, lambda _, item: f"- [{'x' if text_attribute(item, 'state') in done else ' '}] "
    )


def _list(node: Node, depth: int, mark: Callable[[int, Node], str]) -> str:
    lines = []
    for number, item in enumerate(content_of(node)):
        if type_of(item) in _LISTS:  # a task list may hold another one directly
            lines.append(_prefixed("  ", _block(item, depth + 1)))
            continue
        prefix = mark(number, item)
        text = (
            _blocks(item, depth + 1, "\n") if type_of(item) in _ITEMS else _block(item, depth + 1)
        )
        lines.append(prefix + _prefixed(" " * len(prefix), text).lstrip(" "))
    return "\n".join(lines)


def _table(node: Node, depth: int) -> str:
    rows = [_row(row, depth + 1) for row in content_of(node)]
    rows = [row for row in rows if row]
    if not rows:
        return own_text(node)
    width = max(map(len, rows))
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
    table = "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
    return "\n\n".join(filter(None, [own_text(node), table]))


def _row(node: Node, depth: int) -> list[str]:
    own = own_text(node)
    return ([own] if own else []) + [_cell(cell, depth + 1) for cell in content_of(node)]


def _cell(node: Node, depth: int) -> str:
    is_cell = type_of(node) in ("tableCell", "tableHeader")
    text = _blocks(node, depth, "\n") if is_cell else _block(node, depth)
    return text.replace("|", "\\|").replace("\n", "<br>")


def _line(node: Node, depth: int) -> str:
    return "".join(_parts(node, depth + 1))


def _prefixed(prefix: str, text: str) -> str:
    return "\n".join(f"{prefix}{line}".rstrip(" ") for line in text.split("\n"))


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
    "rule": lambda node, _depth: "---" + beside(node),
    "blockCard": lambda node, _depth: card(node),
    "embedCard": lambda node, _depth: card(node),
    "media": lambda node, _depth: media(node),
}
