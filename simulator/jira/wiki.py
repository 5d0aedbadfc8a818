"""Texts as Jira's wiki markup, for version 2 of the API and for Data Center."""

from .markup import Block, Span, Spans, parse
from .people import Accounts

_EMOJI = {"warning": "(!)", "tada": "(*)", "pray": ":)"}


class WikiText:
    """Writes wiki text; in the Cloud people are accounts, on a server they are names."""

    def __init__(self, accounts: Accounts, *, cloud: bool) -> None:
        self._accounts, self._cloud = accounts, cloud

    def text(self, text: str | None) -> str | None:
        if text is None or not text.strip():
            return None
        return "\r\n\r\n".join(self._block(block) for block in parse(text))

    def _block(self, block: Block) -> str:
        line = self._line(block.spans)
        if block.kind == "heading":
            return f"h{block.level}. {line}"
        if block.kind == "quote":
            return f"bq. {line}"
        if block.kind in {"code", "panel", "unknown"}:
            return self._braced(block)
        return line if block.kind == "paragraph" else self._rows(block)

    def _braced(self, block: Block) -> str:
        if block.kind == "code":
            name = f"code:{block.name}" if block.name else "noformat"
            text = block.text.replace("\n", "\r\n")
            return f"{{{name}}}\r\n{text}\r\n{{{name.partition(':')[0]}}}"
        name = "panel" if block.kind == "panel" else block.name
        inside = "\r\n".join(self._block(inner) for inner in block.blocks)
        return f"{{{name}}}\r\n{inside}\r\n{{{name}}}"

    def _rows(self, block: Block) -> str:
        if block.kind == "table":
            return "\r\n".join(self._table_row(i, cells) for i, cells in enumerate(block.rows))
        sign = "#" if block.kind == "numbers" else "*"
        return "\r\n".join(f"{sign} {self._line(cells[0])}" for cells in block.rows)

    def _table_row(self, index: int, cells: tuple[Spans, ...]) -> str:
        bar = "|" if index else "||"
        return bar + bar.join(self._line(cell) for cell in cells) + bar

    def _line(self, spans: Spans) -> str:
        return "".join(self._span(span) for span in spans)

    def _span(self, span: Span) -> str:
        plain = {
            "code": f"{{{{{span.text}}}}}", "strong": f"*{span.text}*", "em": f"_{span.text}_",
            "break": "\r\n", "emoji": _EMOJI.get(span.target, f":{span.target}:"),
        }  # fmt: skip
        if span.kind == "mention":
            account = self._accounts.named(span.target)
            return f"[~accountid:{account.account_id}]" if self._cloud else f"[~{account.login}]"
        if span.kind == "link":
            named = span.text != span.target
            return f"[{span.text}|{span.target}]" if named else span.target
        return plain.get(span.kind, span.text)
