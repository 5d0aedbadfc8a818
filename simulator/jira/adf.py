"""Texts as Atlassian documents (ADF), for version 3 of the Cloud's API."""

from collections.abc import Callable
from typing import Any

from .markup import Block, Spans, parse
from .people import Accounts

Node = dict[str, Any]
_EMOJI = {"pray": "🙏", "tada": "🎉", "warning": "⚠️"}


class Documents:
    """Writes documents in which people are accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def document(self, text: str | None) -> Node | None:
        """None where there is no text: a description that was never written is null."""
        if text is None or not text.strip():
            return None
        return {"type": "doc", "version": 1, "content": self._blocks(parse(text))}

    def _blocks(self, blocks: tuple[Block, ...]) -> list[Node]:
        return [self._block(block) for block in blocks]

    def _block(self, block: Block) -> Node:
        write: Callable[[Block], Node] = getattr(self, f"_{block.kind}")
        return write(block)

    # --- blocks ----------------------------------------------------------------------------------

    def _paragraph(self, block: Block) -> Node:
        return self._line(block.spans)

    def _line(self, spans: Spans) -> Node:
        return {"type": "paragraph", "content": self._inline(spans)}

    def _heading(self, block: Block) -> Node:
        content = self._inline(block.spans)
        return {"type": "heading", "attrs": {"level": block.level}, "content": content}

    def _code(self, block: Block) -> Node:
        content = [{"type": "text", "text": block.text}] if block.text else []
        attrs = {"language": block.name} if block.name else {}
        return {"type": "codeBlock", "attrs": attrs, "content": content}

    def _bullets(self, block: Block) -> Node:
        return {"type": "bulletList", "content": self._items(block)}

    def _numbers(self, block: Block) -> Node:
        return {"type": "orderedList", "attrs": {"order": 1}, "content": self._items(block)}

    def _items(self, block: Block) -> list[Node]:
        return [{"type": "listItem", "content": [self._line(cells[0])]} for cells in block.rows]

    def _tasks(self, block: Block) -> Node:
        items = [
            {
                "type": "taskItem",
                "attrs": {"localId": f"task-{index}", "state": "TODO"},
                "content": self._inline(cells[0]),
            }
            for index, cells in enumerate(block.rows)
        ]
        return {"type": "taskList", "attrs": {"localId": "tasks"}, "content": items}

    def _table(self, block: Block) -> Node:
        rows = [
            {
                "type": "tableRow",
                "content": [
                    {"type": "tableCell" if index else "tableHeader", "attrs": {},
                     "content": [self._line(cell)]}
                    for cell in cells
                ],
            }
            for index, cells in enumerate(block.rows)
        ]  # fmt: skip
        attrs = {"isNumberColumnEnabled": False, "layout": "default"}
        return {"type": "table", "attrs": attrs, "content": rows}

    def _panel(self, block: Block) -> Node:
        content = self._blocks(block.blocks)
        return {"type": "panel", "attrs": {"panelType": block.name}, "content": content}

    def _quote(self, block: Block) -> Node:
        return {"type": "blockquote", "content": [self._line(block.spans)]}

    def _unknown(self, block: Block) -> Node:
        """Of a type that no documentation names: Atlassian adds some every year."""
        return {"type": block.name, "attrs": {"beam": 3}, "content": self._blocks(block.blocks)}

    # --- within a line ---------------------------------------------------------------------------

    def _inline(self, spans: Spans) -> list[Node]:
        nodes: list[Node] = []
        for span in spans:
            if span.kind == "mention":
                account = self._accounts.named(span.target)
                attrs = {"id": account.account_id, "text": f"@{account.name}", "accessLevel": ""}
                nodes.append({"type": "mention", "attrs": attrs})
            elif span.kind == "emoji":
                text = _EMOJI.get(span.target, f":{span.target}:")
                attrs = {"shortName": f":{span.target}:", "id": span.target, "text": text}
                nodes.append({"type": "emoji", "attrs": attrs})
            elif span.kind == "break":
                nodes.append({"type": "hardBreak"})
            elif span.text:
                nodes.append(_text(span.kind, span.text, span.target))
        return nodes


def _text(kind: str, text: str, target: str) -> Node:
    node: Node = {"type": "text", "text": text}
    if kind == "link":
        node["marks"] = [{"type": "link", "attrs": {"href": target}}]
    elif kind in {"code", "strong", "em"}:
        node["marks"] = [{"type": kind}]
    return node
