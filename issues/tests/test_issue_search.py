"""Full-text search: the same answers on both databases."""

import pytest
from django.db import connection

from diip.common.errors import InvalidInput
from issues import search
from issues.models import Issue
from issues.tests.api import board, foreign_board

__all__ = ["board", "foreign_board"]


@pytest.mark.parametrize(
    "query",
    [
        "crash",
        "crashes",
        "CRASHED",
        "crashes login",
        '"crashes on login"',
        "login -payment",
        'crash -"payment fails"',
        "nothing OR crash",
        "nothing or crash login",
        '"crashes on',
        "(crash) login:^",
        "#77",
        "abc-77",
        "Zürich",
        "site-packages",
    ],
)
def test_query_finds_its_issue_alone(board, query):
    board.add("Payment fails", body="Nobody can log in to pay")
    board.add(
        "App crashes on login",
        key="ABC-77" if "abc" in query else "#77",
        body="in site-packages, seen in Zürich",
    )

    assert board.titles(f"?q={query.replace('#', '%23')}") == ["App crashes on login"]


@pytest.mark.parametrize("query", ["login crash", "app OR", "OR app", "app -", 'app "" ', "-x app"])
def test_odd_but_clear_queries_work(board, query):
    board.add("App crash at login")

    assert board.titles(f"?q={query}") == ["App crash at login"]


@pytest.mark.parametrize("query", ["-crash", "crash OR -login", "OR", "***", '""', "-", "x " * 33])
def test_query_without_a_word_to_look_for_is_refused(query):
    with pytest.raises(InvalidInput):
        search.parse(query)


@pytest.mark.parametrize(
    "hostile",
    [
        "' OR 1=1 --",
        'x" NEAR("a" "b", 5)',
        "title:x NOT y",
        "a* ^b {c d}: e",
        "\\ \\' \\\" x",
        "x & | ! <-> :*",
        "%s %(a)s x",
        "\U0001f600 x",
        "x" * 500,
        "\u0345 \u2160 x",
        "\u0e33\u0e33",
    ],
)
def test_no_query_is_a_syntax_error(board, hostile):
    board.add("Broken")

    assert board.client.get(board.url, {"q": hostile}).json()["results"] == []


def test_changed_text_is_found_at_once_and_the_old_no_longer(board):
    issue = board.add("Broken", body="teapot")
    Issue.objects.filter(pk=issue.pk).update(body="kettle")

    assert board.titles("?q=kettle") == ["Broken"]
    assert board.titles("?q=teapot") == []

    issue.delete()
    assert board.titles("?q=kettle") == []


def test_relevance_puts_a_hit_in_the_title_first(board):
    board.add("The teapot leaks")
    board.add("Other", body="near the teapot " + "and more words " * 50)

    assert board.titles("?q=teapot") == ["Other", "The teapot leaks"]
    assert board.titles("?q=teapot&ordering=relevance") == ["The teapot leaks", "Other"]


@pytest.mark.parametrize(
    "piece",
    ["word{} ", "x", "http://a.b/{}?c=d ", "\U00010330{}-\U00010331{}-", "a{}_b.c/{} ", "\u4e00{}"],
)
def test_huge_text_is_stored_and_found_by_its_beginning(board, piece):
    body = "teapot " + "".join(piece.format(n, n) for n in range(1_000_000 // len(piece)))

    board.add("T" * 10_000, body=body[:1_000_000])

    assert len(board.titles("?q=teapot")) == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its own index")
def test_sqlite_index_agrees_with_its_table_after_every_kind_of_write(board):
    kept, gone = board.add("Kept", body="teapot"), board.add("Gone")
    Issue.objects.filter(pk=kept.pk).update(title="Renamed", status="done")
    Issue.objects.filter(pk=kept.pk).update(status="todo")
    gone.delete()

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO issue_search (issue_search, rank) VALUES ('integrity-check', 1)"
        )
        cursor.execute("SELECT rowid FROM issue_search WHERE issue_search MATCH 'renamed OR gone'")
        assert cursor.fetchall() == [(kept.pk,)]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows no stop words")
def test_nothing_but_stop_words_finds_nothing(board):
    board.add("The")

    assert board.titles("?q=the and of") == []
