"""Measure the layout: `python -m scripts.house` prints one line an app.

lines: code lines of the app without tests and migrations.
loose: modules directly in the app's folder.
small: modules under 40 lines with exactly one importer.
circles: modules that import one another, directly or through others.
odd: docstrings that open with neither verb nor noun, of all docstrings.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "analytics", "diip", "integrations", "issues", "monitoring", "projects")
PACKAGES = (*APPS, "simulator")
APART = {"tests", "migrations"}
SMALL = 40
WORDS = """
what whatever of whoever who whom where wherever whether which when whenever while why how as at by
for from in inside into not nothing nobody none no nowhere only once on onto over out outside since
so somebody something still such than that their them then there these they this those though to too
under until up upon was were with within without yet also always any anybody anything after again
all along another around because before behind being beside both but each either else every
everybody everything few first if it its just last like many may might more most much must near
never next other others our same several should some sometimes soon true false whose will would you
your is are has have had does did can could been mine told asked anew mended here hence thus
"""
OPENINGS = frozenset(WORDS.split())
"""First words with which a docstring names neither an action nor a thing."""


def modules(package: str) -> list[Path]:
    files = sorted((ROOT / package).rglob("*.py"))
    return [file for file in files if not APART.intersection(file.relative_to(ROOT).parts)]


def loose(package: str) -> list[str]:
    return [file.name for file in modules(package) if file.parent == ROOT / package]


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def lines(file: Path) -> int:
    return len(file.read_text().splitlines())


def build_graph() -> grimp.ImportGraph:
    """Return the imports among DIIP's packages, tests and migrations left out."""
    first, *others = PACKAGES
    graph = grimp.build_graph(first, *others, cache_dir=None)
    for module in sorted(graph.modules):
        if APART.intersection(module.split(".")):
            graph.remove_module(module)
    return graph


def circles(graph: grimp.ImportGraph, package: str) -> list[tuple[str, str]]:
    """Return each import inside a package whose target leads back to its importer."""
    return [
        (importer, imported)
        for importer in sorted(graph.modules)
        if importer.split(".")[0] == package
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        if graph.chain_exists(importer=imported, imported=importer)
    ]


def small(graph: grimp.ImportGraph, package: str) -> list[str]:
    names = {file: module_name(file) for file in modules(package)}
    return [
        name
        for file, name in names.items()
        if lines(file) < SMALL and name in graph.modules
        if len(graph.find_modules_that_directly_import(name)) == 1
    ]


def docstrings(package: str) -> Iterator[str]:
    """Yield docstrings, also those after assignments."""
    for file in modules(package):
        for node in ast.walk(ast.parse(file.read_text())):
            for child in _statements(node):
                if not isinstance(child, ast.Expr) or not isinstance(child.value, ast.Constant):
                    continue
                if isinstance(child.value.value, str) and child.value.value.strip():
                    yield child.value.value.strip()


def _statements(node: ast.AST) -> list[ast.stmt]:
    body = getattr(node, "body", None)
    return body if isinstance(body, list) else []


def is_odd(docstring: str) -> bool:
    return docstring.split(maxsplit=1)[0].strip(".,;:`'\"").lower() in OPENINGS


def report(*, with_names: bool) -> Iterator[str]:
    graph, row = build_graph(), "{:<14}{:>7}{:>7}{:>7}{:>9}{:>14}"
    yield row.format("app", "lines", "loose", "small", "circles", "odd")
    for package in PACKAGES:
        texts = list(docstrings(package))
        odd = [text for text in texts if is_odd(text)]
        alone, around = small(graph, package), circles(graph, package)
        counts = (sum(map(lines, modules(package))), len(loose(package)), len(alone), len(around))
        yield row.format(package, *counts, f"{len(odd)} of {len(texts)}")
        if with_names:
            yield from (f"  {name}" for name in (*alone, *around, *odd))


if __name__ == "__main__":
    for line in report(with_names="--names" in sys.argv):
        sys.stdout.write(f"{line}\n")
