"""Statements are cancelled at their time limit."""

import importlib
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from diip import celery
from diip.common.database import limits
from diip.common.database.limits import TookTooLong, Work, within
from diip.tests.endless import ENDLESS

in_autocommit = pytest.mark.django_db(transaction=True)


@pytest.fixture
def web_process(settings: Settings) -> Iterator[None]:
    """Run as a web process with a short limit and new connections."""
    settings.DIIP_STATEMENT_SECONDS = {"web": 0.05}
    before = limits.kind_of_work()
    connection.close()
    limits.work_as(Work.WEB)
    yield
    limits.work_as(before)
    connection.close()


def run(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def endless() -> object:
    return run(ENDLESS[connection.vendor])


@in_autocommit
def test_statement_is_cancelled_and_connection_stays_usable() -> None:
    run("SELECT 1")
    kept = connection.connection

    with within(0.05), pytest.raises(TookTooLong, match="cancelled at its time limit"):
        endless()

    assert run("SELECT 2") == 2
    assert connection.connection is kept


@in_autocommit
def test_process_limit_applies(web_process: None) -> None:
    with pytest.raises(TookTooLong):
        endless()

    assert run("SELECT 2") == 2


@in_autocommit
def test_cancelled_statement_rolls_back_its_transaction(make_user: object) -> None:
    from accounts.models import User

    with pytest.raises(TookTooLong), transaction.atomic():
        User.objects.create_user("bob@example.com", "correct horse 9")
        with within(0.05):
            endless()

    assert not User.objects.exists()


def test_inner_limit_never_exceeds_the_outer() -> None:
    with within(0), within(1000):
        assert limits.seconds_left() == 0


def test_commands_have_no_limit() -> None:
    assert limits.kind_of_work() == Work.COMMAND
    assert limits.seconds_left() is None


def test_each_process_sets_its_kind_of_work() -> None:
    celery.refuse_unsafe_start()
    worker = limits.kind_of_work()
    importlib.reload(importlib.import_module("diip.wsgi"))

    assert (worker, limits.kind_of_work()) == (Work.WORKER, Work.WEB)


@in_autocommit
def test_server_enforces_the_process_limit(web_process: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server")

    names = {
        "statement_timeout": "50ms",
        "idle_in_transaction_session_timeout": "1min",
        "client_connection_check_interval": "5s",
    }
    said = {name: run(f"SELECT current_setting('{name}', true)") for name in names}

    assert said in (names, {**names, "client_connection_check_interval": None})


@in_autocommit
def test_no_session_settings_behind_a_pooler(web_process: None, settings: Settings) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no pooler")
    settings.DATABASE_POOLER = "transaction"

    assert run("SELECT current_setting('statement_timeout')") == "0"
    with pytest.raises(TookTooLong):
        endless()
