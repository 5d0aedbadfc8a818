"""Which tests the gate repeats where, found out from what they ask for and not from lists.

database: asks for the database, so it runs on each one. No other test can open a connection
(pytest-django forbids it), nor ask for one while it runs (`refuse_late_database`).
sample: a database test of the module that stands for its app on the other Python.
long: also the cases of a test that differ in their `seed` alone, but for the first: they run on
SQLite and the main Python.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath

import pytest
from django.test import SimpleTestCase

FIXTURES = {"_django_db_helper", "django_db_setup", "db", "transactional_db", "live_server"}
STAGES = ("e2e", "openapi")
"""Marks of tests that are run by themselves."""
ELSEWHERE = (*STAGES, "long")
"""Marks of tests that the other Python does not run."""


def mark_kinds(items: Sequence[pytest.Item]) -> None:
    for item in items:
        refuse_hidden_mark(item)
        if is_repetition(item):
            item.add_marker("long")
    touching = [item for item in items if touches_database(item)]
    samples = choose_samples(item for item in touching if not is_marked(item, *ELSEWHERE))
    for item in touching:
        item.add_marker("database")
        if module_of(item) in samples:
            item.add_marker("sample")


def touches_database(item: pytest.Item) -> bool:
    is_test_case = issubclass(getattr(item, "cls", None) or object, SimpleTestCase)
    fixtures = getattr(item, "fixturenames", ())
    return is_test_case or is_marked(item, "django_db") or not FIXTURES.isdisjoint(fixtures)


def refuse_hidden_mark(item: pytest.Item) -> None:
    """The gate finds the files of these stages by the mark's whole name."""
    for name in STAGES:
        if is_marked(item, name) and f"pytest.mark.{name}" not in item.path.read_text():
            raise pytest.UsageError(f"{item.nodeid}: write `pytest.mark.{name}` out")


def is_repetition(item: pytest.Item) -> bool:
    seed = item.callspec.params.get("seed") if hasattr(item, "callspec") else None
    return isinstance(seed, int) and seed > 0


def choose_samples(items: Iterable[pytest.Item]) -> set[str]:
    """Of each app the module with most tests; of equals the first by name."""
    tests = Counter(map(module_of, items))
    best: dict[str, str] = {}
    for module in sorted(tests):
        app = PurePath(module).parts[0]
        if app not in best or tests[module] > tests[best[app]]:
            best[app] = module
    return set(best.values())


def module_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def is_marked(item: pytest.Item, *names: str) -> bool:
    return any(item.get_closest_marker(name) for name in names)


def refuse_late_database(fixture: str, node: pytest.Item) -> None:
    """A test that asks for the database while it runs would not be repeated on PostgreSQL."""
    if fixture == "_django_db_helper" and not is_marked(node, "database"):
        pytest.fail("This test asks for the database as it runs: mark it `django_db`.")
