"""The gate repeats what touches the database on each one, found out from what a test asks for."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from accounts.models import User
from tests import kinds


def is_repeated(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("database") is not None


def test_without_a_database_it_runs_once(request: pytest.FixtureRequest) -> None:
    assert not is_repeated(request)


@pytest.mark.django_db
def test_with_the_mark_it_is_repeated(request: pytest.FixtureRequest) -> None:
    assert is_repeated(request)


def test_with_a_fixture_that_needs_one_it_is_repeated(
    request: pytest.FixtureRequest, make_user: Callable[..., User]
) -> None:
    assert is_repeated(request)


@pytest.mark.parametrize("fixture", ["db", "transactional_db", "make_user"])
def test_who_asks_for_it_while_running_is_refused(
    request: pytest.FixtureRequest, fixture: str
) -> None:
    with pytest.raises(pytest.fail.Exception, match="mark it `django_db`"):
        request.getfixturevalue(fixture)


def test_one_module_stands_for_its_app() -> None:
    def item(nodeid: str) -> Any:
        return SimpleNamespace(nodeid=nodeid)

    modules = ["a/tests/test_one.py", "a/tests/test_two.py", "a/tests/test_two.py", "b/test_c.py"]

    chosen = kinds.choose_samples(item(f"{module}::test_x") for module in modules)

    assert chosen == {"a/tests/test_two.py", "b/test_c.py"}


def test_a_mark_under_another_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "test_hidden.py"
    path.write_text("pytestmark = mark.e2e")
    item: Any = SimpleNamespace(path=path, nodeid="x", get_closest_marker=lambda name: name)

    with pytest.raises(pytest.UsageError, match=r"write `pytest\.mark\.e2e` out"):
        kinds.refuse_hidden_mark(item)
