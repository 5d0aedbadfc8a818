"""Mapping of recorded rows from real Jira projects.

The rows are not part of the project; without them these tests are skipped, and
`test_jira_recorded_shapes.py` shows the same mapping on rows made here.
"""

import json
import lzma
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from integrations.providers.contract.base import Cursor, Page
from integrations.providers.parsing.validate import clean_record
from integrations.tests.jira_pages import cloud, server
from integrations.tests.provider_contract import FakeHttp, reply

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not (DATA / "jira").is_dir(),
    reason="2,183 real rows, third-party data, are not on this machine",
)


def recorded(name: str) -> Any:
    return json.loads((DATA / "recorded" / "perceval" / "jira" / f"{name}.json").read_text())


@cache
def rows() -> list[dict[str, Any]]:
    """The archive lacks the changelog and some comments."""
    name = DATA / "jira" / "appcelerator_ALOY_MOD_DAEMON.jsonl.xz"
    with lzma.open(name, "rt", encoding="utf-8") as lines:
        issues = [json.loads(line) for line in lines]
    for issue in issues:
        issue["fields"]["comment"]["total"] = len(issue["fields"]["comment"]["comments"])
        issue["changelog"] = {"histories": [], "total": 0}
    return issues


@cache
def page() -> Page[Any]:
    """Build a server's page of the project ALOY."""
    http = FakeHttp([reply({"issues": rows(), "startAt": 0, "total": len(rows())})])
    [read] = server(http, scope="ALOY", scope_id="11113").fetch_issues(Cursor())
    return read


def of_aloy() -> list[dict[str, Any]]:
    return [row for row in rows() if row["fields"]["project"]["key"] == "ALOY"]


def test_every_row_is_an_issue_or_another_projects():
    assert len(page().records) == len(of_aloy())
    assert len(page().records) + page().skipped == len(rows())
    assert (page().rejected, page().repaired) == ((), 0)


@pytest.mark.parametrize("project", ["ALOY", "MOD", "DAEMON"])
def test_every_project_goes_through_without_a_reject(project):
    http = FakeHttp([reply({"issues": rows(), "startAt": 0, "total": len(rows())})])

    [read] = server(http, scope=project, scope_id="").fetch_issues(Cursor())

    assert read.records
    assert read.rejected == ()
    for record in (*read.records, *read.comments):
        assert clean_record(record) == (record, 0)


def test_every_field_is_what_the_row_says():
    for record, row in zip(page().records, of_aloy(), strict=True):
        fields = row["fields"]
        assert (record.source_issue_id, record.key) == (row["id"], row["key"])
        assert (record.title, record.source_status) == (
            fields["summary"],
            fields["status"]["name"],
        )
        assert record.author.login == fields["reporter"]["name"]
        assert record.comment_count == len(fields["comment"]["comments"])
        assert record.opened_at.strftime("%Y-%m-%dT%H:%M:%S.000+0000") == fields["created"]
        assert (record.closed_at is None) == (fields["resolutiondate"] is None)


@pytest.mark.parametrize("project", ["ALOY", "MOD", "DAEMON"])
def test_every_label_and_every_component_is_kept(project):
    mine = [row for row in rows() if row["fields"]["project"]["key"] == project]
    http = FakeHttp([reply({"issues": mine, "startAt": 0, "total": len(mine)})])

    [read] = server(http, scope=project, scope_id="").fetch_issues(Cursor())

    for record, row in zip(read.records, mine, strict=True):
        components = [each["name"] for each in row["fields"]["components"]]
        assert sorted((label.kind, label.name) for label in record.labels) == sorted(
            {("label", name) for name in row["fields"]["labels"]}
            | {("component", name) for name in components}
        )


def test_what_is_done_has_the_outcome_its_resolution_says():
    outcomes = Counter(
        (row["fields"]["resolution"]["name"], record.outcome)
        for record, row in zip(page().records, of_aloy(), strict=True)
        if record.status == "done" and row["fields"]["resolution"]
    )

    assert outcomes["Fixed", "delivered"] > 500
    assert {kind for name, kind in outcomes if name == "Duplicate"} == {"duplicate"}
    assert {kind for name, kind in outcomes if name in ("Invalid", "Won't Fix")} == {"not_planned"}
    assert {kind for name, kind in outcomes if name == "Hold"} <= {"unknown"}


def test_comments_without_a_body_are_kept_empty():
    assert len(page().comments) == sum(len(row["fields"]["comment"]["comments"])
                                       for row in of_aloy())  # fmt: skip
    assert any(comment.body == "" for comment in page().comments)


def test_wiki_texts_keep_their_words():
    """Ignores text in braces, brackets and exclamation marks, which may be macro settings."""
    for record, row in zip(page().records, of_aloy(), strict=True):
        source = row["fields"].get("description") or ""
        outside = re.sub(r"\{[^{}\n]*\}|\[[^\[\]\n]*\]|![^!\n]*!", " ", source)
        lost = [word for word in re.findall("[a-z]{4,}", outside) if word not in record.body]
        assert lost == [], record.key


def test_recorded_pages_of_a_server_are_read_to_the_last():
    """Return pages of two issues; the second page begins with the first page's last issue."""
    first, last = recorded("jira_issues_page_1"), recorded("jira_issues_page_2")
    together = [*first["issues"], *last["issues"]]
    http = FakeHttp([reply({"issues": together, "total": len(together)})])
    project = together[0]["fields"]["project"]["key"]

    [read] = server(http, scope=project, scope_id="").fetch_issues(Cursor())

    assert len(read.records) + read.skipped == len(together)
    assert read.records
    assert read.rejected == ()


def test_recorded_comments_are_read():
    rows_of = [
        each for n in (1, 2) for each in recorded(f"jira_comments_issue_page_{n}")["comments"]
    ]
    issue = of_aloy()[0]
    issue = issue | {"fields": issue["fields"] | {"comment": {"comments": [], "total": 99}}}
    answers = [
        reply({"issues": [issue]}),
        reply({"issueChangeLogs": []}),
        reply({"comments": rows_of, "total": len(rows_of)}),
    ]

    [read] = cloud(FakeHttp(answers), scope="ALOY", scope_id="").fetch_issues(Cursor())

    assert [each.source_comment_id for each in read.comments] == [each["id"] for each in rows_of]
    assert read.rejected == ()


def test_a_recorded_empty_page_is_empty():
    http = FakeHttp([reply(recorded("jira_issues_page_empty"))])

    [read] = server(http).fetch_issues(Cursor())

    assert (read.records, read.next_token, read.total) == ((), None, 0)


def test_recorded_fields_of_a_server_name_its_epics_or_none():
    http = FakeHttp([reply(recorded("jira_fields")), reply({"issues": [], "total": 0})])
    provider = server(FakeHttp([]))
    provider._client._http = http

    list(provider.fetch_issues(Cursor()))

    assert http.urls[1].endswith("/search")
