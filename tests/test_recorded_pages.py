"""The fixtures have the recorded shapes and none of the recorded values."""

import json
import lzma
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.recorded_pages import FIXTURES, load, shape_of, walk

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
JIRA_API = "openapi/jira-cloud-openapi-issues-subset.json"
HOOKS = "recorded/github_webhook_examples.jsonl.xz"
GITHUB = "recorded/perceval/github"
JIRA = "recorded/perceval/jira"
STACK = "recorded/perceval/stackexchange/stackexchange_question"
OCTOKIT = "recorded/octokit_fixtures"
MAX_BYTES = 200_000

needs_recordings = pytest.mark.skipif(
    not DATA.is_dir(), reason="the recorded pages, third-party data, are not on this machine"
)


@dataclass(frozen=True)
class Origin:
    file: str
    part: Callable[[Any], Any] = lambda whole: whole

    def read(self) -> Any:
        return self.part(_recorded(self.file))


@cache
def _recorded(name: str) -> Any:
    path = DATA / name
    if path.suffix != ".xz":
        return json.loads(path.read_text(encoding="utf-8"))
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def example(path: str, method: str = "get", status: str = "200") -> Origin:
    """Return Atlassian's own example of a reply."""

    def part(whole: Any) -> Any:
        operation = whole["paths"][f"/rest/api/3{path}"][method]
        return operation["responses"][status]["content"]["application/json"]["example"]

    return Origin(JIRA_API, part)


def delivery(event: str, action: str | None = None) -> Origin:
    def part(rows: Any) -> Any:
        return next(
            row for row in rows if (row["event"], row["payload"].get("action")) == (event, action)
        )

    return Origin(HOOKS, part)


def without_note(rows: Any) -> Any:
    """Leave out `_meta`, which the archive added to GitHub's rows."""
    return [{key: row[key] for key in row if key != "_meta"} for row in rows]


ORIGINS = {
    "github/issues": Origin("github/rust-lang_rust_1-2000/issues.jsonl.xz", without_note),
    "github/paginated_issues": Origin(f"{OCTOKIT}/paginate-issues/normalized-fixture.json"),
    "github/comments": Origin("github/rust-lang_rust_1-2000/comments.jsonl.xz", without_note),
    "github/timeline": Origin("github/bitcoin-core_gui/timeline.jsonl.xz"),
    "github/repository": Origin(f"{GITHUB}/github_repo.json"),
    "github/rate_limit": Origin(f"{GITHUB}/rate_limit.json"),
    "github/error_abuse": Origin(f"{GITHUB}/abuse_rate_limit.json"),
    "github/error_validation": Origin(f"{OCTOKIT}/errors/normalized-fixture.json"),
    "github/webhook_issues_edited": delivery("issues", "edited"),
    "github/webhook_issue_comment_created": delivery("issue_comment", "created"),
    "github/webhook_label_deleted": delivery("label", "deleted"),
    "github/webhook_repository_transferred": delivery("repository", "transferred"),
    "github/webhook_installation_deleted": delivery("installation", "deleted"),
    "github/webhook_ping": delivery("ping"),
    "jira/server_search": Origin(f"{JIRA}/jira_issues_page_1.json"),
    "jira/server_search_empty": Origin(f"{JIRA}/jira_issues_page_empty.json"),
    "jira/server_issues": Origin("jira/appcelerator_ALOY_MOD_DAEMON.jsonl.xz"),
    "jira/server_fields": Origin(f"{JIRA}/jira_fields.json"),
    "jira/comments": Origin(f"{JIRA}/jira_comments_issue_page_1.json"),
    "jira/cloud_search": example("/search/jql", "post"),
    "jira/cloud_changelog": example("/changelog/bulkfetch", "post"),
    "jira/cloud_comments": example("/issue/{issueIdOrKey}/comment"),
    "jira/cloud_statuses": example("/status"),
    "jira/cloud_fields": example("/field"),
    "jira/cloud_project": example("/project/{projectIdOrKey}"),
    "jira/cloud_myself": example("/myself"),
    "jira/cloud_server_info": example("/serverInfo"),
    "jira/cloud_count": example("/search/approximate-count", "post"),
    "jira/cloud_error": example("/issue", "post", "400"),
    "stackoverflow/page_1": Origin(f"{STACK}_page.json"),
    "stackoverflow/page_2": Origin(f"{STACK}_page_2.json"),
    "stackoverflow/page_backoff": Origin(f"{STACK}_backoff_page.json"),
    "stackoverflow/questions_with_answers": Origin("stackexchange/conlang_meta_questions.jsonl.xz"),
}
DOCUMENTED = {
    # https://api.stackexchange.com/docs/error-handling: no refusal was recorded.
    "stackoverflow/error_throttle": {"error_id", "error_message", "error_name"},
    "stackoverflow/error_parameter": {"error_id", "error_message", "error_name"},
}
TABLES = {"github/operations", "jira/operations"}
"""What the APIs' own descriptions allow; compared where requests are tested against them."""
PERSONAL = {
    "login", "displayName", "display_name", "accountId", "emailAddress", "email", "title", "body",
    "body_markdown", "summary", "description", "html_url", "self", "link", "node_id", "id",
    "number", "question_id", "answer_id", "comment_id", "user_id", "message", "name", "key",
}  # fmt: skip
"""Keys under which people, texts, addresses and ids stand."""
VOCABULARY = {
    "Bug", "Cloners", "Closed", "Critical", "Done", "Duplicate", "Fixed", "High", "Improvement",
    "In Progress", "Invalid", "Low", "Major", "Medium", "New Feature", "Open", "Relates",
    "Resolved", "Status", "Story", "Sub-task", "Task", "Technical task", "To Do", "Description",
    "Gantt: start-finish", "Summary", "Validation Failed", "bug", "community", "description",
    "done", "ghost", "https://github.com/ghost", "indeterminate", "master", "mit", "new", "status",
    "summary", "thumbnail", "web",
}  # fmt: skip
"""Words of the trackers themselves: they name no person and no project."""


def is_small(value: Any) -> bool:
    """Return True for numbers that count something or are the same on every server."""
    return isinstance(value, int) and abs(value) < 1_000


def personal_values(value: Any) -> set[Any]:
    return {
        each
        for path, each in walk(value)
        if path.rpartition(".")[2].rstrip("[]") in PERSONAL
        and isinstance(each, str | int)
        and each not in VOCABULARY | {""}
        and not is_small(each)
    }


def test_every_fixture_says_where_its_shape_is_from():
    found = {path.relative_to(FIXTURES).with_suffix("").as_posix()
             for path in FIXTURES.rglob("*.json")}  # fmt: skip

    assert found == ORIGINS.keys() | DOCUMENTED.keys() | TABLES


@needs_recordings
@pytest.mark.parametrize("name", ORIGINS)
def test_fixture_has_the_recorded_shape(name):
    fixture, recorded = shape_of(load(name)), shape_of(ORIGINS[name].read())

    assert sorted(fixture - recorded) == []
    assert sorted(recorded - fixture) == []


@pytest.mark.parametrize("name", DOCUMENTED)
def test_unrecorded_fixture_has_the_documented_keys(name):
    assert load(name).keys() == DOCUMENTED[name]


@needs_recordings
@pytest.mark.parametrize("name", ORIGINS)
def test_fixture_has_no_recorded_person_text_or_id(name):
    assert personal_values(load(name)) & personal_values(ORIGINS[name].read()) == set()


def test_copied_values_are_noticed():
    row = {"user": {"login": "someone", "id": 12_345, "type": "User"}, "title": "Open", "body": ""}

    assert personal_values([row]) == {"someone", 12_345}


def test_fixtures_are_small():
    sizes = [path.stat().st_size for path in FIXTURES.rglob("*") if path.is_file()]

    assert sum(sizes) < MAX_BYTES


@pytest.mark.parametrize(
    "other",
    [
        [{"id": 1, "at": "2024-01-02T03:04:05Z"}],
        [{"id": 1, "at": "2024-01-02T03:04:05Z", "body": ""}],
        [{"id": "1", "at": "2024-01-02T03:04:05Z", "body": None}],
        [{"id": 1, "at": "2024-01-02T03:04:05.000+0000", "body": None}],
        [{"id": 1, "at": "2024-01-02T03:04:05Z", "body": None, "more": 1}],
        [{"id": 1, "at": "2024-01-02T03:04:05Z", "body": None}, {"id": 2, "body": None}],
        [{"id": True, "at": "2024-01-02T03:04:05Z", "body": None}],
    ],
)
def test_another_shape_is_noticed(other):
    assert shape_of(other) != shape_of([{"id": 7, "at": "2025-11-12T13:14:15Z", "body": None}])


def test_values_do_not_matter():
    assert shape_of([{"id": 1}, {"id": 2}]) == shape_of([{"id": 3}])
