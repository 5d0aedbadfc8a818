"""Providers import only the standard library, msgspec and each other."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations import providers

PACKAGE = Path(providers.__file__).parent
ALLOWED = {"msgspec", "integrations"} | (sys.stdlib_module_names - {"socket", "urllib3", "asyncio"})


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_a_provider_imports_nothing_of_the_house(module):
    names = set(imported(module))

    assert {name.split(".")[0] for name in names} <= ALLOWED
    ours = {name for name in names if name.startswith("integrations")}
    assert all(name.startswith("integrations.providers") for name in ours)
