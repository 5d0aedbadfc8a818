"""Access to nodes of the Atlassian Document Format, and conversion of inline nodes.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Node = Mapping[str, Any]


def type_of(node: Node) -> str:
    kind = node.get("type")
    return kind if isinstance(kind, str) else ""


def own_text(node: Node) -> str:
    text = node.get("text")
    return text if isinstance(text, str) else ""


def _listed(node: Node, name: str) -> list[Node]:
    found = node.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def content_of(node: Node) -> list[Node]:
    """Return the child nodes; bare strings, invalid in the schema, count as text."""
    found = node.get("content")
    if not isinstance(found, list):
        return []
    trees = [{"type": "text", "text": each} if isinstance(each, str) else each for each in found]
    return [each for each in trees if isinstance(each, dict)]


def attribute(node: Node, name: str) -> object:
    attributes = node.get("attrs")
    return attributes.get(name) if isinstance(attributes, dict) else None


def text_attribute(node: Node, name: str) -> str:
    value = attribute(node, name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def texts_below(node: Node) -> Iterator[str]:
    """Yield all text below a node in order, without recursion."""
    stack = [node]
    while stack:
        each = stack.pop()
        yield own_text(each) or ("\n" if type_of(each) == "hardBreak" else "")
        stack.extend(reversed(content_of(each)))


# --- inside a line ----------------------------------------------------------------------------


def _marked(node: Node) -> str:
    text = own_text(node)
    marks = {type_of(mark): mark for mark in _listed(node, "marks")}
    core = text.strip()
    if not core:
        return text + beside(node)
    start = text.index(core)
    before, after = text[:start], text[start + len(core) :]
    for kind, (left, right) in _MARKS.items():
        if kind in marks:
            core = f"{left}{core}{right}"
    href = text_attribute(marks.get("link", {}), "href")
    if href and href != core:
        core = f"[{core}]({href})"
    return before + core + after + beside(node)


def _mention(node: Node) -> str:
    name = text_attribute(node, "text") or text_attribute(node, "id")
    return f"@{name.removeprefix('@')}" + beside(node)


def _emoji(node: Node) -> str:
    return (text_attribute(node, "text") or text_attribute(node, "shortName")) + beside(node)


def _date(node: Node) -> str:
    stamp = text_attribute(node, "timestamp")
    try:
        shown = f"{datetime.fromtimestamp(int(stamp) / 1000, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        shown = stamp
    return shown + beside(node)


def _status(node: Node) -> str:
    text = text_attribute(node, "text")
    return (f"[{text}]" if text else "") + beside(node)


def card(node: Node) -> str:
    url = text_attribute(node, "url")
    return (f"<{url}>" if url else "") + beside(node)


def media(node: Node) -> str:
    name = text_attribute(node, "alt") or text_attribute(node, "url") or text_attribute(node, "id")
    return (f"[attachment: {name}]" if name else "[attachment]") + beside(node)


def _labelled(node: Node) -> str:
    return text_attribute(node, "text") + beside(node)


def beside(node: Node) -> str:
    """Return text in places where the format allows none, so that it is not lost."""
    below = [each for child in content_of(node) for each in texts_below(child)]
    own = "" if type_of(node) == "text" else own_text(node)
    rest = " ".join(filter(None, [own, *below]))
    return f" {rest}" if rest else ""


_MARKS = {"code": ("`", "`"), "em": ("*", "*"), "strong": ("**", "**"), "strike": ("~~", "~~")}
INLINES: dict[str, Callable[[Node], str]] = {
    "text": _marked,
    "hardBreak": lambda node: "\n" + beside(node).strip("\n "),
    "mention": _mention,
    "emoji": _emoji,
    "date": _date,
    "status": _status,
    "inlineCard": card,
    "mediaInline": media,
    "placeholder": _labelled,
    "inlineExtension": _labelled,
}
