"""Print the layers of `.importlinter` as Markdown: `python -m scripts.layers [--write]`.

`docs/architecture.md` holds the output between two comments; a test compares them.
"""

import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- layers -->\n", "<!-- /layers -->"


def render() -> str:
    """Return one Markdown table with the layers of each app, highest layer first."""
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter")
    rows = [
        f"| `{parser[section]['containers']}` | {' > '.join(_layers(parser[section]['layers']))} |"
        for section in parser.sections()
        if parser[section].get("type") == "layers" and "containers" in parser[section]
    ]
    return "\n".join(["| inside | layers, highest first |", "| --- | --- |", *sorted(rows)]) + "\n"


def insert(page: str) -> str:
    """Return the page with the layers between its two comments."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + render() + END + rest.partition(END)[2]


def _layers(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if line.strip():
            yield " ".join(name.strip("()") for name in line.replace("|", " ").split())


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(insert(PAGE.read_text()))
    else:
        sys.stdout.write(render())
