"""`docs/attacks.md` names a test for every attack, and each of them is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/attacks.md").read_text()
ROWS = dict(re.findall(r"^\| (A\d+) \|(.*)\|$", PAGE, re.MULTILINE))
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


@cache
def names_in(name: str) -> frozenset[str]:
    tree = ast.parse((ROOT / name).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_attack_has_its_row():
    assert list(ROWS) == [f"A{number}" for number in range(1, 42)]


@pytest.mark.parametrize("attack", ROWS)
def test_every_row_names_tests_that_are_there(attack):
    named = NAMED.findall(ROWS[attack])

    assert named
    assert [f"{name}::{test}" for name, test in named if test not in names_in(name)] == []


def test_what_the_page_names_besides_is_there():
    assert all(test in names_in(name) for name, test in NAMED.findall(PAGE))
