"""Mapping of recorded rows from real GitHub projects.

The rows are not part of the project; without them these tests are skipped, and
`test_github_recorded_shapes.py` shows the same mapping on rows made here.
"""

import json
import lzma
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from integrations.providers.contract.base import Cursor, Page, ProviderRateLimited
from integrations.providers.github.records import COMMENTS, ISSUES, TRANSITIONS
from integrations.providers.parsing.validate import clean_record
from integrations.tests.github_pages import github
from integrations.tests.provider_contract import FakeHttp, reply

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not (DATA / "github").is_dir(),
    reason="2,000 real rows, third-party data, are not on this machine",
)


@cache
def rows(name: str) -> list[dict[str, Any]]:
    with lzma.open(DATA / "github" / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def recorded(name: str) -> Any:
    return json.loads((DATA / "recorded" / name).read_text())


@cache
def rust_issues() -> Page[Any]:
    return ISSUES.read_page(json.dumps(rows("rust-lang_rust_1-2000/issues")).encode())


@cache
def gui_transitions() -> Page[Any]:
    issues = {issue["number"]: issue for issue in rows("bitcoin-core_gui/issues")}
    events = [
        event | {"issue": issues[line["number"]]}
        for line in rows("bitcoin-core_gui/timeline")
        for event in line["events"]
        if "id" in event
    ]
    return TRANSITIONS.read_page(json.dumps(events).encode())


def test_every_row_becomes_an_issue_or_is_a_pull_request():
    page = rust_issues()

    assert (len(page.records), page.skipped, len(page.rejected)) == (1534, 466, 0)
    assert Counter(record.status for record in page.records) == {"done": 1532, "todo": 2}
    assert Counter(record.outcome for record in page.records) == {"delivered": 1532, None: 2}


def test_every_field_is_what_the_row_says():
    issues = [row for row in rows("rust-lang_rust_1-2000/issues") if "pull_request" not in row]

    for record, row in zip(rust_issues().records, issues, strict=True):
        assert record.source_issue_id == str(row["id"])
        assert (record.title, record.body) == (row["title"], row["body"] or "")
        assert record.author.login == row["user"]["login"]
        assert {label.name for label in record.labels} == {each["name"] for each in row["labels"]}
        assert record.opened_at.strftime("%Y-%m-%dT%H:%M:%SZ") == row["created_at"]
        assert record.comment_count == row["comments"]


def test_unusual_cases_are_kept():
    by_key = {record.key: record for record in rust_issues().records}

    closed_once = [key for key, each in by_key.items() if each.outcome and not each.closed_at]
    assert closed_once == ["#156", "#935", "#1152"]
    assert any(record.author.login == "ghost" for record in by_key.values())
    assert any(record.body == "" for record in by_key.values())


def test_the_one_nul_is_the_one_repair():
    repaired = [record.key for record in rust_issues().records if clean_record(record)[1]]

    assert repaired == ["#1916"]


def test_comments_go_to_issues_and_those_of_pull_requests_are_left_out():
    comments = rows("rust-lang_rust_1-2000/comments")

    page = COMMENTS.read_page(json.dumps(comments).encode())

    assert (len(page.records), page.skipped, len(page.rejected)) == (4716, 686, 0)
    assert {record.issue.key for record in page.records} <= {r.key for r in rust_issues().records}


def test_issues_with_null_fields_left_out_are_read():
    page = ISSUES.read_page(json.dumps(rows("bitcoin-core_gui/issues")).encode())

    assert (len(page.records), len(page.rejected)) == (341, 0)
    assert Counter(record.outcome for record in page.records) == {
        "delivered": 198,
        None: 133,
        "not_planned": 10,
    }


def test_a_timeline_becomes_changes_of_fields():
    page = gui_transitions()

    assert page.rejected == ()
    assert Counter(record.field for record in page.records) == {
        "label": 455,
        "status": 235,
        "title": 61,
        "milestone": 20,
        "assignee": 5,
    }
    assert all(clean_record(record)[1] == 0 for record in page.records)


def test_what_changes_no_field_is_left_out():
    """Return the row without relations, comments and mentions."""
    events = [event for line in rows("bitcoin-core_gui/timeline") for event in line["events"]]
    kept = {"labeled", "unlabeled", "closed", "reopened", "renamed", "milestoned", "demilestoned"}
    kept |= {"assigned", "unassigned"}

    expected = sum(event["event"] in kept and "id" in event for event in events)

    assert len(gui_transitions().records) == expected


def test_recorded_pages_are_followed_to_the_last():
    """Build the reply with the headers that GitHub sent."""
    exchanges = recorded("octokit_fixtures/paginate-issues/normalized-fixture.json")
    names = [
        {k.replace("-", "_"): str(v) for k, v in each["headers"].items()} for each in exchanges
    ]
    pages = [reply(e["response"], **headers) for e, headers in zip(exchanges, names, strict=True)]
    http = FakeHttp(pages)

    read = list(github(http).fetch_issues(Cursor()))

    assert sum(len(page.records) for page in read) == 13
    assert http.urls[1:] == ["https://api.github.com" + each["path"] for each in exchanges[1:]]


@pytest.mark.parametrize(("status", "name"), [(403, "abuse_rate_limit")])
def test_recorded_refusals_are_understood(status, name):
    refusal = reply(recorded(f"perceval/github/{name}.json"), status)

    with pytest.raises(ProviderRateLimited):
        list(github(FakeHttp([refusal])).fetch_issues(Cursor()))


def test_a_recorded_repository_is_checked():
    info = github(FakeHttp([reply(recorded("perceval/github/github_repo.json"))])).check()

    assert info.scope
    assert info.scope_id.isdecimal()


@pytest.mark.parametrize(
    "name", ["github_request", "github_request_from_2016_03_01", "github_issue_1"]
)
def test_older_recorded_pages_are_read(name):
    page = ISSUES.read_page(json.dumps(recorded(f"perceval/github/{name}.json")).encode())

    assert page.records or page.skipped
    assert page.rejected == ()
