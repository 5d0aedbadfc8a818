"""HTML as Stack Exchange makes it of what people type."""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape


@lru_cache(maxsize=20_000)
def html_of(markdown: str) -> str:
    """What begins with a tag is HTML already: Markdown lets it through."""
    if markdown.startswith("<"):
        return markdown
    return "\n\n".join(_blocks(markdown)) + "\n"


def encoded(text: str) -> str:
    """As "safe" filters give text: fit to be put into a page as it is."""
    return escape(text, quote=True).replace("&#x27;", "&#39;")


def slug(title: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", title.lower()))[:80].strip("-")


def _blocks(markdown: str) -> Iterator[str]:
    for index, part in enumerate(
        re.split(r"^```\w*\n(.*?)^```$", markdown + "\n", flags=re.MULTILINE | re.DOTALL)
    ):
        if index % 2:
            yield f"<pre><code>{escape(part, quote=False)}</code></pre>"
        else:
            yield from (_block(block) for block in re.split(r"\n\s*\n", part) if block.strip())


def _block(block: str) -> str:
    lines = block.strip().splitlines()
    head = re.fullmatch(r"#+ (.*)", lines[0])
    if head and len(lines) == 1:
        return f"<h3>{_inline(head[1])}</h3>"
    for mark, kind in ((r"\d+\. ", "ol"), (r"- ", "ul")):
        if all(re.match(mark, line) for line in lines):
            rows = [f"<li>{_inline(re.sub(mark, '', line, count=1))}</li>" for line in lines]
            return "\n".join([f"<{kind}>", *rows, f"</{kind}>"])
    return f"<p>{_inline(chr(10).join(lines))}</p>"


def _inline(text: str) -> str:
    text = escape(text, quote=False)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)
    return re.sub(r"(https?://[^\s<)]+)", r'<a href="\1" rel="nofollow noreferrer">\1</a>', text)
