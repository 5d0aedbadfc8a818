"""`.env.example` lists exactly the variables that are read."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("accounts", "analytics", "diip", "integrations", "issues", "monitoring", "projects")
NOT_IN_A_FILE = {"DIIP_ENV_FILE", "DJANGO_SETTINGS_MODULE"}
"""Variables that locate the file, needed before it is read."""


def names_read(source: str) -> Iterator[str]:
    """Find names in `env.….("NAME")`, `os.environ.get("NAME")` and `…["NAME"]`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and "env" in ast.unparse(node.func).split("(")[0].lower():
            yield from _constant(node.args[:1])
        elif isinstance(node, ast.Subscript) and "environ" in ast.unparse(node.value).lower():
            yield from _constant([node.slice])


def _constant(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and re.fullmatch("[A-Z][A-Z0-9_]+", str(node.value)):
            yield node.value


def read_by_the_code() -> set[str]:
    files = [
        ROOT / "gunicorn.conf.py",
        *(file for app in APPS for file in (ROOT / app).rglob("*.py")),
    ]
    own = [file for file in files if "tests" not in file.relative_to(ROOT).parts]
    return {name for file in own for name in names_read(file.read_text())} - NOT_IN_A_FILE


def read_by_compose() -> set[str]:
    return set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))


def listed() -> list[str]:
    return re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)


def test_search_finds_every_way_of_reading() -> None:
    source = 'env.int("ONE"); os.environ.get("TWO"); environ["THREE"]; "FOUR" in env.ENVIRON'

    assert set(names_read(source)) == {"ONE", "TWO", "THREE"}


def test_every_variable_is_listed_once() -> None:
    assert sorted(listed()) == sorted(read_by_the_code() | read_by_compose())


def test_every_variable_is_explained() -> None:
    blocks = (ROOT / ".env.example").read_text().split("\n\n")
    with_names = [block for block in blocks if re.search(r"^#?[A-Z0-9_]+=", block, re.MULTILINE)]

    assert all(re.match(r"# \S", block) for block in with_names)
