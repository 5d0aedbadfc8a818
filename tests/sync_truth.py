"""What the tables hold and what the simulated tracker really has, in one form, compared.

The same code serves tests in this process and tests of a platform in processes of its own: the
tables are read by plain SQL, the truth over the simulator's control API.
"""

import json
import urllib.request
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

Execute = Callable[[str], Sequence[Sequence[Any]]]
"""Runs a query, gives all rows."""
Marks = dict[str, Hashable]

UNTIL = datetime(2025, 6, 1, tzinfo=UTC)
"""Where simulated histories end: well before today."""
STATUSES = {"open": "todo", "closed": "done"}
OUTCOMES = {"completed": "delivered", "not_planned": "not_planned", "duplicate": "duplicate"}
CHANGES = {
    "closed", "reopened", "renamed", "labeled", "unlabeled", "assigned", "unassigned",
    "milestoned", "demilestoned", "issue_type_added",
}  # fmt: skip


class IssueFacts(NamedTuple):
    """One issue, in our words."""

    key: str
    title: str
    body: str
    status: str
    outcome: str | None
    type: str
    author: str | None
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    comment_count: int | None
    opened_at: int
    closed_at: int | None
    source_updated_at: int


@dataclass(frozen=True)
class Tables:
    """Everything that is there, by the provider's ids."""

    issues: dict[str, IssueFacts]
    comments: Marks
    """Of issues that are there: issue, text and author by the comment's id."""
    transitions: Marks
    removed: dict[str, str] = field(default_factory=dict)
    doubled: tuple[str, ...] = ()


# --- ours ---------------------------------------------------------------------------------------

_ISSUES = """
SELECT i.source_issue_id, i.removed_reason, i.key, i.title, i.body, i.status, i.outcome, i.type,
       p.login, i.comment_count, i.opened_at, i.closed_at, i.source_updated_at
FROM issues_issue i LEFT JOIN issues_person p ON p.id = i.author_id
WHERE i.integration_id = {0}"""
_LABELS = """
SELECT i.source_issue_id, l.name FROM issues_issuelabel il
JOIN issues_issue i ON i.id = il.issue_id JOIN issues_label l ON l.id = il.label_id
WHERE i.integration_id = {0}"""
_ASSIGNEES = """
SELECT i.source_issue_id, p.login FROM issues_issueassignee ia
JOIN issues_issue i ON i.id = ia.issue_id JOIN issues_person p ON p.id = ia.person_id
WHERE i.integration_id = {0}"""
_COMMENTS = """
SELECT c.source_comment_id, i.key, c.body, p.login FROM issues_comment c
JOIN issues_issue i ON i.id = c.issue_id LEFT JOIN issues_person p ON p.id = c.author_id
WHERE i.integration_id = {0} AND i.removed_at IS NULL"""
_TRANSITIONS = """
SELECT t.source_event_id, i.key FROM issues_transition t JOIN issues_issue i ON i.id = t.issue_id
WHERE i.integration_id = {0} AND i.removed_at IS NULL"""


def read_tables(execute: Execute, integration_id: int) -> Tables:
    def rows(query: str) -> Sequence[Sequence[Any]]:
        return execute(query.format(integration_id))

    issues = rows(_ISSUES)
    labels, assignees = _grouped(rows(_LABELS)), _grouped(rows(_ASSIGNEES))
    comments, transitions = rows(_COMMENTS), rows(_TRANSITIONS)
    ids = [*(r[0] for r in issues), *(f"comment {r[0]}" for r in comments),
           *(f"event {r[0]}" for r in transitions)]  # fmt: skip
    return Tables(
        issues={
            row[0]: _facts(row, labels.get(row[0], ()), assignees.get(row[0], ()))
            for row in issues
            if not row[1]
        },
        comments={row[0]: tuple(row[1:]) for row in comments},
        transitions={row[0]: row[1] for row in transitions},
        removed={row[0]: row[1] for row in issues if row[1]},
        doubled=tuple(sorted(each for each, count in Counter(ids).items() if count > 1)),
    )


def _facts(row: Sequence[Any], labels: Sequence[str], assignees: Sequence[str]) -> IssueFacts:
    *plain, comment_count, opened, closed, updated = row[2:]
    return IssueFacts(
        *plain, tuple(labels), tuple(assignees), comment_count,
        _seconds(opened), closed and _seconds(closed), _seconds(updated),
    )  # fmt: skip


def _grouped(pairs: Iterable[Sequence[Any]]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, list[str]] = {}
    for source_id, name in pairs:
        grouped.setdefault(source_id, []).append(name)
    return {source_id: tuple(sorted(names)) for source_id, names in grouped.items()}


def _seconds(moment: str | datetime) -> int:
    """SQLite gives naive UTC text, PostgreSQL an aware date."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return int(moment.timestamp())


# --- theirs -------------------------------------------------------------------------------------


def read_truth(tracker_url: str, repository: str = "octo/engine") -> Tables:
    """From the simulator's control API."""
    url = f"{tracker_url}/_control/github/{repository}/truth"
    issues = _lines(url)
    return Tables(
        issues={str(row["id"]): _true_facts(row) for row in issues if not row["gone"]},
        comments={
            str(row["id"]): (f"#{row['number']}", row["body"], row["author"])
            for row in _lines(f"{url}/comments")
        },
        transitions={
            str(row["id"]): f"#{row['number']}"
            for row in _lines(f"{url}/events")
            if row["event"] in CHANGES
        },
        removed={str(row["id"]): row["gone"]["reason"] for row in issues if row["gone"]},
    )


def _true_facts(row: dict[str, Any]) -> IssueFacts:
    is_closed = row["state"] == "closed"
    return IssueFacts(
        key=f"#{row['number']}",
        title=row["title"],
        body=row["body"] or "",
        status=STATUSES[row["state"]],
        outcome=OUTCOMES.get(row["state_reason"], "unknown") if is_closed else None,
        type=row["type"],
        author=row["author"],
        labels=tuple(sorted(row["labels"])),
        assignees=tuple(sorted(row["assignees"])),
        comment_count=row["comments"],
        opened_at=row["created_at"],
        closed_at=row["closed_at"],
        source_updated_at=row["updated_at"],
    )


def _lines(url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(url, timeout=60) as reply:
        return [json.loads(line) for line in reply]


# --- compared -----------------------------------------------------------------------------------


def differences(ours: Tables, truth: Tables, *, history: bool = True) -> dict[str, Any]:
    """What is wrong, by name; empty where the tables are the truth."""
    found: dict[str, Any] = {"doubled": list(ours.doubled)}
    for name in ("issues", "comments", "transitions") if history else ("issues",):
        mine, theirs = getattr(ours, name), getattr(truth, name)
        found[f"{name} lost"] = sorted(theirs.keys() - mine.keys())
        found[f"{name} invented"] = sorted(mine.keys() - theirs.keys())
        found[f"{name} different"] = {
            each: (mine[each], theirs[each])
            for each in mine.keys() & theirs.keys()
            if mine[each] != theirs[each]
        }
    return {name: wrong for name, wrong in found.items() if wrong}
