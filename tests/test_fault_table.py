"""The fault table names tests and harms that there are."""

import ast
import re
from pathlib import Path

import pytest

from tests.harms import HARMS

ROOT = Path(__file__).resolve().parent.parent
LINES = (ROOT / "docs/faults.md").read_text()
ROWS = dict(re.findall(r"^\| (F\d+) \|(.*)\|$", LINES, re.MULTILINE))
OPEN = {"F30"}
"""Known to be without a test."""


def functions_of(path: Path) -> set[str]:
    if not path.exists():
        return set()
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def test_every_fault_has_a_row() -> None:
    assert list(ROWS) == [f"F{number}" for number in range(1, 33)]


@pytest.mark.parametrize("fault", ROWS)
def test_what_a_row_names_is_there(fault: str) -> None:
    named = re.findall(r"([\w/]+\.py)::(\w+)", ROWS[fault])
    harms = re.findall(r"chaos `([^`]+)`", ROWS[fault])

    assert named or harms or fault in OPEN
    missing = [(file, name) for file, name in named if name not in functions_of(ROOT / file)]
    assert missing == []
    assert set(harms) - set(HARMS) == set()
