"""Export of a project's issues: selection, format and cost."""

import csv
import io
import json
import sys
import tracemalloc
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEvent, Slot
from issues.models import Issue
from issues.queries import export as exporting
from issues.queries import rows
from issues.tests.api import START, board, foreign_board
from projects.models import Project

__all__ = ["board", "foreign_board"]

pytestmark = pytest.mark.django_db
FEW, MANY = 10_000, 50_000


def export(board, query: str = "", status: int = 200, **headers) -> str:
    response = board.client.get(f"{board.url}export/{query}", headers=headers)
    assert response.status_code == status, response.content
    return response.getvalue().decode("utf-8-sig")


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def read_ndjson(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_ndjson_has_the_rows_of_the_list(board):
    board.add("=1+1", labels=["bug", "ui"], assignees=["bob"], author="ann", closed_at=START)
    board.add("Second")

    *written, end = read_ndjson(export(board, "?format=ndjson"))

    assert written == board.get("?ordering=opened_at")["results"]
    assert end == {"complete": True, "rows": 2}


def test_csv_has_the_same_columns_with_people_by_login(board):
    board.add("=1+1", labels=["bug", "ui"], assignees=["bob", "ann"], author="ann")

    (row,) = read_csv(export(board))

    assert list(row) == list(board.get()["results"][0])
    assert (row["title"], row["labels"]) == ("'=1+1", "bug;ui")
    assert (row["author"], row["assignees"], row["outcome"]) == ("ann", "ann;bob", "")
    assert row["opened_at"] == board.get()["results"][0]["opened_at"]


def test_csv_without_issues_has_a_header(board):
    assert export(board).startswith("id,project_id,provider,")
    assert read_csv(export(board)) == []


@pytest.mark.parametrize(
    "query",
    ["open=false", "label=bug", "author=ann", "q=crash", "opened_after=2026-02-01", "removed=only"],
)
def test_filters_are_those_of_the_list(board, query):
    board.add("Plain")
    columns = {"status": "done", "opened_at": START + timedelta(days=60)}
    board.add("Crash", labels=["bug"], author="ann", removed_at=START, **columns)
    board.add("Crash", labels=["bug"], author="ann", **columns)

    *written, _ = read_ndjson(export(board, f"?format=ndjson&{query}"))

    assert written == board.get(f"?ordering=opened_at&{query}")["results"]
    assert len(written) == 1


@pytest.mark.parametrize(
    "query", ["?format=xlsx", "?format=", "?cursor=x", "?ordering=opened_at", "?labl=bug"]
)
def test_unknown_parameter_is_rejected(board, query):
    problem = json.loads(export(board, query, status=400))

    assert problem["code"] == "invalid_input"


def test_outsider_gets_404_and_anonymous_client_401(board, foreign_board):
    board.add("Ours")
    stranger = type(board.client)()

    assert foreign_board.client.get(f"{board.url}export/").status_code == 404
    assert stranger.get(f"{board.url}export/").status_code == 401
    assert read_csv(export(foreign_board)) == []


def test_response_is_a_download_without_content_sniffing(board):
    Project.objects.filter(pk=board.project.pk).update(name='Core "2"')

    answer = board.client.get(f"{board.url}export/?format=ndjson", headers={"accept": "text/csv"})

    assert answer["Content-Type"] == "application/x-ndjson; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="core-2-issues-20')
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"


def test_every_row_is_exported_once_for_any_batch_size(board, monkeypatch):
    monkeypatch.setattr(rows, "STRIDE", 7)
    monkeypatch.setattr(rows, "STEP", 3)
    board.store(board.build() for _ in range(23))

    *written, end = read_ndjson(export(board, "?format=ndjson"))

    assert [row["id"] for row in written] == list(
        Issue.objects.order_by("pk").values_list("pk", flat=True)
    )
    assert end["rows"] == 23


def test_failure_during_export_is_raised_without_an_end_marker(board, monkeypatch):
    board.store(board.build() for _ in range(3))
    monkeypatch.setattr(rows, "STEP", 1)
    answer = board.client.get(f"{board.url}export/?format=ndjson")
    monkeypatch.setattr(rows, "read_issues", lambda issues: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        answer.getvalue()


def test_third_concurrent_export_gets_429(board):
    board.add("Ours")
    first, second = (board.client.get(f"{board.url}export/") for _ in range(2))

    refused = board.client.get(f"{board.url}export/")
    assert (refused.status_code, refused["Retry-After"]) == (429, "10")
    assert "are running" in refused.json()["detail"]
    assert AuditEvent.objects.filter(action="export.taken").count() == 2

    first.getvalue()  # read to the end
    assert export(board)
    for close in second._resource_closers:  # the client disconnected
        close()
    assert export(board)


def test_head_request_takes_no_slot(board):
    answers = [board.client.head(f"{board.url}export/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert not Slot.objects.exists()


def test_failure_releases_the_slot(board, monkeypatch):
    board.add("Ours")
    answer = board.client.get(f"{board.url}export/")
    monkeypatch.setattr(rows, "read_issues", lambda issues: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        answer.getvalue()

    assert not Slot.objects.exists()


def test_long_export_renews_its_slot(board, monkeypatch):
    board.store(board.build(body="x" * exporting.PART) for _ in range(3))
    monkeypatch.setattr(exporting, "SLOT_SECONDS", 0.0)
    parts = iter(board.client.get(f"{board.url}export/"))
    monkeypatch.setattr(exporting, "SLOT_SECONDS", 600)
    next(parts)
    next(parts)

    assert Slot.objects.get().until > timezone.now() + timedelta(seconds=500)


def multiply(issue: Issue, numbers: range) -> None:
    """Insert rows in the database: building them here takes longer than the test."""
    columns = [field.column for field in Issue._meta.concrete_fields if not field.primary_key]
    own = {"source_issue_id": "'n' || i"}
    values = ", ".join(own.get(column, column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT %s UNION ALL SELECT i + 1 FROM n WHERE i < %s) "
            f"INSERT INTO issues_issue ({', '.join(columns)}) "
            f"SELECT {values} FROM n, issues_issue WHERE issues_issue.id = %s",
            [numbers.start, numbers.stop - 1, issue.pk],
        )


def peak_of_an_export(board) -> int:
    """Bytes of Python's memory."""
    answer = board.client.get(f"{board.url}export/?format=ndjson")
    tracemalloc.start()
    try:
        for _ in answer.streaming_content:
            # CPython keeps the names it looked attributes up by, at most 4,096. Django makes
            # a new one ("as_sqlite") for each part of each query.
            sys._clear_type_cache()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.long
def test_memory_does_not_grow_with_the_number_of_issues(board):
    issue = board.add(body="word " * 40)
    multiply(issue, range(FEW))
    few = peak_of_an_export(board)
    multiply(issue, range(FEW, MANY))

    many = peak_of_an_export(board)

    # A list of the issues would take 8 bytes for each. What does grow is bounded: references to
    # the last 200 cursors, and a slot that is prolonged where writing takes long.
    assert many - few < 3 * (MANY - FEW)
