"""Small pages in the shapes that trackers were recorded sending, with values made up here.

`tests/test_recorded_pages.py` compares them with the recorded pages, where those are present.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent / "fixtures"
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d{4})")

Shape = frozenset[tuple[str, str]]
"""Paths with the kind of what stands there; "absent" where some objects of a list lack the key."""


def load(name: str) -> Any:
    """Return the fixture `tests/fixtures/<name>.json`."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def shape_of(value: Any) -> Shape:
    """Return every key, nesting, null, type and form of a date."""
    kinds: set[tuple[str, str]] = set()
    keys: dict[str, list[set[str]]] = defaultdict(list)
    for path, each in walk(value):
        kinds.add((path, _kind(each)))
        if isinstance(each, dict):
            keys[path].append(set(each))
    for path, found in keys.items():
        sometimes = set.union(*found) - set.intersection(*found)
        kinds |= {(f"{path}.{key}", "absent") for key in sometimes}
    return frozenset(kinds)


def walk(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Yield the value and all below it, each with its path."""
    yield path, value
    if isinstance(value, dict):
        for key, each in value.items():
            yield from walk(each, f"{path}.{key}")
    elif isinstance(value, list):
        for each in value:
            yield from walk(each, f"{path}[]")


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return re.sub(r"\d", "0", value) if _DATE.fullmatch(value) else "str"
    return type(value).__name__
