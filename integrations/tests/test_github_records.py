"""Mapping of GitHub's JSON."""

import json

import pytest

from integrations.providers.contract.base import LabelRecord, PersonRecord, RejectedRecord
from integrations.providers.github.records import CENSUS, COMMENTS, ISSUES, TRANSITIONS
from integrations.providers.parsing.validate import clean_record
from integrations.tests.github_pages import comment, event, issue, pull_request, user

DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000


def read(payload, reader=ISSUES):
    return reader.read(payload if isinstance(payload, bytes) else json.dumps(payload).encode())


def record(payload, reader=ISSUES):
    return read(payload, reader)[0]


@pytest.mark.parametrize(
    ("state", "reason", "status", "outcome"),
    [
        ("open", None, "todo", None),
        ("open", "reopened", "todo", None),
        ("closed", "completed", "done", "delivered"),
        ("closed", "not_planned", "done", "not_planned"),
        ("closed", "duplicate", "done", "duplicate"),
        ("closed", None, "done", "unknown"),
        ("closed", "something new", "done", "unknown"),
    ],
)
def test_status_and_outcome(state, reason, status, outcome):
    mapped = record(issue(state=state, state_reason=reason))

    assert (mapped.status, mapped.source_status, mapped.outcome) == (status, state, outcome)


def test_an_issue_is_mapped_whole():
    mapped = record(issue(3, type={"name": "Bug"}, comments=4, assignees=[user("bob", 8)]))

    assert (mapped.source_issue_id, mapped.key, mapped.type) == ("1003", "#3", "Bug")
    assert mapped.author == PersonRecord(
        source_person_id="7", login="ann", url="https://github.com/ann"
    )
    assert [person.login for person in mapped.assignees] == ["bob"]
    assert mapped.labels == (LabelRecord(name="bug", colour="d73a4a"),)
    assert (mapped.comment_count, mapped.priority, mapped.closed_at) == (4, "", None)


def test_what_may_be_missing_may_be_missing():
    bare = {"id": 1, "number": 2, "title": "t", "state": "closed"}
    dates = {"created_at": "2024-01-02T03:04:05Z", "updated_at": "2024-01-02T03:04:05+02:00"}

    mapped = record(bare | dates)

    assert (mapped.body, mapped.author, mapped.assignees, mapped.labels) == ("", None, (), ())
    assert mapped.closed_at is None
    assert mapped.source_updated_at.isoformat() == "2024-01-02T01:04:05+00:00"


@pytest.mark.parametrize("labels", [["bug"], [{"name": "bug", "color": None}]])
def test_labels_come_in_two_forms(labels):
    assert record(issue(labels=labels)).labels == (LabelRecord(name="bug"),)


@pytest.mark.parametrize(
    ("account", "is_bot"),
    [
        (user(), False),
        (user("renovate", type="Bot"), True),
        (user("dependabot[bot]"), True),
        (user("robot"), False),
    ],
)
def test_bots_are_detected_by_account_type(account, is_bot):
    assert record(issue(user=account)).author.is_bot is is_bot


def test_pull_requests_are_none():
    assert record(pull_request()) is None
    assert record(pull_request(), CENSUS) is None
    assert record(event(issue=pull_request()), TRANSITIONS) is None
    assert record(issue(pull_request=None)) is not None


# --- one bad record -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"id": "1"}, {"id": 0}, {"id": -5}, {"id": 10**30}, {"id": None}, {"id": 1.5},
        {"number": None}, {"title": None}, {"title": ["x"]}, {"state": "ajar"}, {"user": "ann"},
        {"user": {"login": "ann"}}, {"assignees": {}}, {"labels": "bug"}, {"labels": [1]},
        {"created_at": "0000-01-01T00:00:00Z"}, {"created_at": None}, {"updated_at": "yesterday"},
        {"created_at": "0001-01-01T00:00:00+14:00"}, {"comments": "many"}, {"type": "Bug"},
    ],
)  # fmt: skip
def test_a_record_that_makes_no_sense_is_rejected_alone(change):
    rejected = record(issue(title="quoted nowhere") | change)

    assert isinstance(rejected, RejectedRecord)
    assert "quoted" not in rejected.reason
    assert "ajar" not in rejected.reason


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (DEEP, "deeper than 50"),
        (b'{"id": 1, "x": ' + DEEP + b"}", "deeper than 50"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "id"),
        (b'{"id": NaN}', "id"),
        (b"[]", "object"),
        (b"nonsense", "not valid JSON"),
        (b"", "not valid JSON"),
    ],
)
def test_hostile_json_is_a_rejected_record(raw, reason):
    rejected, _ = read(raw)

    assert isinstance(rejected, RejectedRecord)
    assert reason in rejected.reason
    assert rejected.raw == raw


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"closed_at": "0000-00-00T00:00:00Z", "state": "closed"}, "closed_at", None),
        ({"closed_at": "never", "state": "closed"}, "closed_at", None),
        ({"body": "a\ud800b"}, "body", "a\ufffdb"),
    ],
)
def test_what_can_be_repaired_is_repaired_and_counted(change, field, value):
    mapped, repairs = read(issue() | change)

    assert getattr(mapped, field) == value
    assert repairs == 1


def test_broken_utf8_costs_one_letter():
    raw = json.dumps(issue(title="a?b")).encode().replace(b"a?b", b"a\xffb")

    mapped, repairs = read(raw)

    assert (mapped.title, repairs) == ("a\ufffdb", 1)


def test_a_date_without_a_zone_is_taken_for_utc():
    assert record(issue(created_at="2024-01-02T03:04:05")).opened_at.isoformat().endswith("+00:00")


def test_a_nul_is_left_to_the_one_door():
    mapped = record(issue(body="a\0b"))

    assert clean_record(mapped)[0].body == "a\ufffdb"


# --- comments and events ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://github.com/octo/hello/issues/7#issuecomment-1", "#7"),
        ("https://ghe.test/octo/pull/issues/7#issuecomment-1", "#7"),
        ("https://github.com/octo/issues/pull/7#issuecomment-1", None),
    ],
)
def test_a_comments_address_names_its_issue(url, key):
    mapped = record(comment(html_url=url), COMMENTS)

    assert (mapped and mapped.issue.key) == key


def test_a_comment_of_nowhere_is_rejected():
    assert "html_url" in record(comment(html_url="https://github.com/octo"), COMMENTS).reason


def test_a_comment_of_a_deleted_account_has_no_author():
    assert record(comment(user=None, body=None), COMMENTS).author is None


@pytest.mark.parametrize(
    ("kind", "details", "change"),
    [
        ("closed", {"state_reason": "completed"}, ("status", "open", "closed")),
        ("reopened", {}, ("status", "closed", "open")),
        ("labeled", {"label": {"name": "bug"}}, ("label", "", "bug")),
        ("unlabeled", {"label": {"name": "bug"}}, ("label", "bug", "")),
        ("assigned", {"assignee": user("bob")}, ("assignee", "", "bob")),
        ("unassigned", {"assignee": None}, ("assignee", "ghost", "")),
        ("renamed", {"rename": {"from": "a", "to": "b"}}, ("title", "a", "b")),
        ("milestoned", {"milestone": {"title": "1.0"}}, ("milestone", "", "1.0")),
        ("demilestoned", {"milestone": {"title": "1.0"}}, ("milestone", "1.0", "")),
        ("transferred", {}, ("key", "", "#1")),
        ("converted_to_discussion", {}, ("status", "open", "closed")),
        ("issue_type_added", {"issue_type": {"name": "Bug"}}, ("type", "", "Bug")),
        (
            "issue_type_changed",
            {"issue_type": {"name": "Bug"}, "prev_issue_type": {"name": "Task"}},
            ("type", "Task", "Bug"),
        ),
        ("issue_type_removed", {"prev_issue_type": {"name": "Bug"}}, ("type", "Bug", "")),
    ],
)
def test_events_become_changes_of_one_field(kind, details, change):
    mapped = record(event(kind=kind, **details), TRANSITIONS)

    assert (mapped.field, mapped.from_value, mapped.to_value) == change
    assert (mapped.issue.source_issue_id, mapped.issue.key) == ("1001", "#1")


@pytest.mark.parametrize("kind", ["subscribed", "mentioned", "something_new", "labeled", "typed"])
def test_events_that_change_nothing_of_ours_are_none(kind):
    assert record(event(kind=kind), TRANSITIONS) is None


def test_who_assigned_is_the_assigner():
    mapped = record(event(kind="assigned", assignee=user("b"), assigner=user("c")), TRANSITIONS)

    assert mapped.actor.login == "c"
