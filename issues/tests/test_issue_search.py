"""Full-text search: equal results on both databases."""

import msgspec
import pytest
from django.db import connection

from diip.common.errors import InvalidInput
from diip.tests.endless import ENDLESS
from integrations.providers.contract.base import IssueRecord
from issues.models import Issue
from issues.queries import search
from issues.store import Target, search_index, store_issues
from issues.tests.api import START, board, foreign_board

__all__ = ["board", "foreign_board"]

TEXTS = {
    "identifier": "java.lang.NullPointerException at org/acme/Main_Loop.java:12, config.yaml",
    "proxy": "Set http_proxy and https_proxy; v2.10.3",
    "crash": "The app crashes on login. It crashed before, foo-bar",
    "payment": "Payment fails when logging in: bar foo, X1",
    "apart": "An app on which nobody's login ever crashed",
    "german": "Zürich größer ÜBER alles",
    "emoji": "🚀launch🚀 failed 🙂",
    "cjk": "登录失败 当我点击 ログイン、失敗",
    "cyrillic": "Ошибка входа в Систему",
    "empty": "",
}
FOUND = {
    "NullPointerException": {"identifier"},
    "nullpointer": {"identifier"},
    "PointerException": set(),
    "java.lang.NullPointerException": {"identifier"},
    "lang.Null": set(),
    "acme/Main": {"identifier"},
    "config.yaml": {"identifier"},
    "yaml": {"identifier"},
    "loop": {"identifier"},
    "http_proxy": {"proxy"},
    "proxy": {"proxy"},
    "http_prox": set(),
    "2.10.3": set(),
    "10.3": {"proxy"},
    "v2.10": {"proxy"},
    "v2": {"proxy"},
    "crash": {"crash", "apart"},
    "crashes": {"crash", "apart"},
    "crashed": {"crash", "apart"},
    "CRASHING": {"crash", "apart"},
    "cra": {"crash", "apart"},
    "cr": set(),
    "crashing app": {"crash", "apart"},
    '"app crashes"': {"crash"},
    '"app crash"': set(),
    '"login ever" crash': {"apart"},
    'crash -"app crashes"': {"apart"},
    "crash -nobody": {"crash"},
    "payment OR crash -ever": {"payment", "crash"},
    'payment OR "app crashes"': {"payment", "crash"},
    "foo-bar": {"crash"},
    "x1": {"payment"},
    "nobody's": {"apart"},
    "zürich": {"german"},
    "zurich": set(),
    '"GRÖSSER über"': set(),
    '"größer über"': {"german"},
    "launch": {"emoji"},
    "🚀launch": {"emoji"},
    "登录失败": {"cjk"},
    "当我点": {"cjk"},
    "ログイン、失敗": {"cjk"},
    "ошибк": {"cyrillic"},
    '"ВХОДА в"': {"cyrillic"},
}


@pytest.mark.parametrize(("query", "found"), FOUND.items())
def test_query_finds_the_same_on_both_databases(board, query, found):
    board.store(board.build(title, body=body) for title, body in TEXTS.items())

    matching = search.matching(Issue.objects.all(), board.project, query)

    assert set(matching.values_list("title", flat=True)) == found


@pytest.mark.parametrize(
    ("query", "key"),
    [("crash login", "#1"), ("(crash) login:^", "#1"), ("#77", "#77"), ("abc-77", "ABC-77")],
)
def test_list_is_searched_by_words_and_by_key(board, query, key):
    board.add("Payment fails", body="Nobody can log in to pay")
    board.add("App crashes on login", key=key)

    assert board.titles(f"?q={query.replace('#', '%23')}") == ["App crashes on login"]


@pytest.mark.parametrize("query", ["login crash", "app OR", "OR app", "app -", 'app "" ', "-x app"])
def test_unusual_but_valid_queries_work(board, query):
    board.add("App crash at login")

    assert board.titles(f"?q={query}") == ["App crash at login"]


@pytest.mark.parametrize("query", ["-crash", "crash OR -login", "OR", "***", '""', "-", "x " * 33])
def test_query_without_a_search_word_is_rejected(query):
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
        "y" * 499 + "s",
        '"' + "x" * 499,
        "\u0345 \u2160 x",
        "\u0e33\u0e33",
    ],
)
def test_no_query_is_a_syntax_error(board, hostile):
    board.add("Broken")

    assert board.client.get(board.url, {"q": hostile}).json()["results"] == []


def test_search_follows_text_changes_immediately(board):
    issue = board.add("Broken", body="teapot")
    Issue.objects.filter(pk=issue.pk).update(body="kettle")
    search_index.index_issues([issue.pk])

    assert board.titles("?q=kettle") == ["Broken"]
    assert board.titles("?q=teapot") == []

    issue.delete()
    assert board.titles("?q=kettle") == []


def test_relevance_puts_hits_in_the_title_first_then_the_newest(board):
    board.add("The teapot leaks")
    board.add("Leaks from a teapots' lid")
    board.add("The teapot", body="leaks")
    board.add("Other", body="near the teapot, leaks")

    ranked = board.titles("?q=teapot leak&ordering=relevance")

    assert ranked == ["Leaks from a teapots' lid", "The teapot leaks", "The teapot", "Other"]


def test_relevance_counts_each_word_of_a_phrase(board):
    board.add("Broken foo.bar")
    board.add("Bar", body="foo.bar")

    assert board.titles('?q="foo bar"&ordering=relevance') == ["Broken foo.bar", "Bar"]


@pytest.mark.parametrize(
    "piece",
    [
        "word{} ",
        "x",
        "http://a.b/{}?c=d ",
        "\U00010330{}-\U00010331{}-",
        "a{}_b.c/{} ",
        "\u4e00{}",
        "{:064d} ",
        "\u00e9{:063d} ",
    ],
)
def test_huge_text_is_stored_and_found_by_its_beginning(board, piece):
    body = "teapot " + "".join(piece.format(n, n) for n in range(1_000_000 // len(piece)))

    board.add("T" * 10_000, body=body[:1_000_000])

    assert len(board.titles("?q=teapot")) == 1


def test_very_long_word_is_found_by_its_beginning(board):
    board.add("Endless", body="x" * 100_000)

    assert board.titles(f"?q={'x' * 200}") == ["Endless"]
    assert board.titles(f'?q="{"x" * 200}"') == []


def test_more_than_four_phrases_are_rejected(board):
    phrases = ['"a b"', "a.b", "-a/b", '"b a"', "b_a"]

    refused = board.get(f"?q={' '.join(phrases)} OR c", status=400)

    assert refused["errors"][0]["field"] == "q"
    assert "at most 4 phrases" in refused["detail"]
    assert board.titles(f"?q={' '.join(phrases[:4])} OR c") == []


@pytest.mark.parametrize("query", ["?q=teapot", "?q=teapot&count=true", "?q=a&ordering=relevance"])
def test_search_that_takes_too_long_is_stopped(board, settings, query):
    settings.DIIP_SEARCH_SECONDS = 0.05

    with connection.execute_wrapper(endless_where_searched):
        stopped = board.get(query, status=503)

    assert stopped["code"] == "took_too_long"
    assert stopped["detail"].startswith("q: The search was stopped")


def endless_where_searched(execute, sql, params, many, context):
    if "search_terms" in sql or "issue_search" in sql:
        execute(ENDLESS[connection.vendor], None, False, context)
    return execute(sql, params, many, context)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("*** 🙂", ""),
        ("Foo foo FOO_bar.baz-1", "foo bar baz 1"),
        ("Größe größe_x", "größe x"),
        ("a" * 70 + " " + "A" * 64, "a" * 64),
        ("ä" * 70 + " " + "Ä" * 64, "ä" * 64),
    ],
)
def test_terms_are_the_distinct_words(text, words):
    assert search_index.terms("", text) == words


def test_terms_of_a_huge_text_are_bounded():
    many = search_index.terms("Title", " ".join(map(str, range(30_000))))
    long = search_index.terms("Title", " ".join("ä" * 58 + str(n) for n in range(10_000, 30_000)))

    assert many.split()[0] == "title"
    assert len(many.split()) == search_index.MAX_WORDS
    assert len(long.encode()) <= search_index.MAX_BYTES


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its own index")
def test_sqlite_index_matches_its_table_after_every_kind_of_write(board):
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


def test_stored_and_changed_records_are_found(board):
    target = Target.of(board.integration)
    record = IssueRecord(
        source_issue_id="1", key="#1", url="", title="Broken", body="teapot", status="todo",
        source_status="open", outcome=None, opened_at=START, closed_at=None,
        source_updated_at=START, author=None,
    )  # fmt: skip
    blank = msgspec.structs.replace(record, source_issue_id="2", title="", body="")

    store_issues(target, [record, blank])
    assert board.titles("?q=teapot") == ["Broken"]

    store_issues(target, [msgspec.structs.replace(record, body="kettle")])
    assert board.titles("?q=kettle") == ["Broken"]
    assert board.titles("?q=teapot") == []
