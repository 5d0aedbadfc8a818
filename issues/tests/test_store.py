"""Storage of records, on the database under test."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from integrations.models import Integration
from integrations.providers.contract.base import (
    CommentRecord,
    IssueRecord,
    IssueRef,
    LabelRecord,
    PersonRecord,
)
from issues.models import Comment, Issue, IssueLabel, Label, Person
from issues.store import Target, mark_comments_removed, store_comments, store_issues
from projects.models import Project

AT = datetime(2024, 5, 1, 12, tzinfo=UTC)
ANN = PersonRecord(source_person_id="1", login="ann")


def make(number: int = 1, **changes) -> IssueRecord:
    record = IssueRecord(
        source_issue_id=str(number), key=f"#{number}", url="https://t/1", title="Crash",
        body="It's \"broken\" \\ ünï 🚀\n\ttab", status="todo", source_status="open", outcome=None,
        opened_at=AT, closed_at=None, source_updated_at=AT, author=ANN,
    )  # fmt: skip
    return msgspec.structs.replace(record, **changes)


@pytest.fixture
def target(integration) -> Target:
    return Target.of(integration)


def test_every_field_is_stored(target):
    record = make(
        status="done", source_status="closed", outcome="duplicate", type="Bug", priority="P1",
        comment_count=7, closed_at=AT + timedelta(days=1, microseconds=5), assignees=(ANN,),
        labels=(LabelRecord(name="ui", colour="00ff00"),),
    )  # fmt: skip

    store_issues(target, [record])

    issue = Issue.objects.get()
    for name in ("key", "url", "title", "body", "status", "outcome", "type", "priority",
                 "comment_count", "opened_at", "closed_at", "source_updated_at"):  # fmt: skip
        assert getattr(issue, name) == getattr(record, name), name
    assert [issue.author.login, *(p.login for p in issue.assignees.all())] == ["ann", "ann"]
    assert [(label.name, label.colour) for label in issue.labels.all()] == [("ui", "00ff00")]


def test_older_version_never_wins(target):
    store_issues(target, [make(title="New", source_updated_at=AT + timedelta(hours=1))])

    stored = store_issues(target, [make(title="Old")])

    assert Issue.objects.get().title == "New"
    assert (stored.updated, stored.unchanged) == (0, 1)


def test_equal_version_with_other_content_is_stored(target):
    store_issues(target, [make(title="First")])

    store_issues(target, [make(title="Second")])

    assert Issue.objects.get().title == "Second"


def test_unchanged_rows_are_not_written(target, django_assert_num_queries):
    store_issues(target, [make(n) for n in range(50)])

    with django_assert_num_queries(1):  # one query reads the rows, no write follows
        stored = store_issues(target, [make(n) for n in range(50)])

    assert stored.unchanged == 50


def test_duplicate_record_in_one_page_is_one_row(target):
    newer = make(title="Newer", source_updated_at=AT + timedelta(minutes=1))

    stored = store_issues(target, [newer, make(title="Older"), newer])

    assert [issue.title for issue in Issue.objects.all()] == ["Newer"]
    assert (stored.created, stored.unchanged) == (1, 2)


def test_person_in_two_spellings_in_one_page_is_one_row(target):
    spelled = PersonRecord(source_person_id="1", login="Ann")

    store_issues(target, [make(1, assignees=(spelled,)), make(2, author=spelled)])

    assert Person.objects.count() == 1
    assert Issue.objects.filter(author=None).count() == 0


def test_labels_follow_the_record(target):
    labels = [LabelRecord(name=name) for name in ("a", "b", "c")]
    store_issues(target, [make(1, labels=(labels[0], labels[1])), make(2, labels=(labels[0],))])

    store_issues(target, [make(1, title="x", labels=(labels[1], labels[2]))])

    pairs = set(IssueLabel.objects.values_list("issue__key", "label__name"))
    assert pairs == {("#1", "b"), ("#1", "c"), ("#2", "a")}


def test_label_and_component_with_one_name_are_two_rows(target):
    both = (LabelRecord(name="exif"), LabelRecord(name="exif", kind="component"))
    store_issues(target, [make(1, labels=both), make(2, labels=both[:1])])
    target.clear_cache()

    store_issues(target, [make(1, title="x", labels=both[1:]), make(2, title="x", labels=both)])

    pairs = set(IssueLabel.objects.values_list("issue__key", "label__kind"))
    assert pairs == {("#1", "component"), ("#2", "label"), ("#2", "component")}


def test_two_projects_share_no_person_and_no_label(target):
    other = Integration.objects.create(
        project=Project.objects.create(name="Other"), provider="github",
        base_url="https://tracker.test", scope="octo/engine",
    )  # fmt: skip
    record = make(labels=(LabelRecord(name="bug"),))

    store_issues(target, [record])
    store_issues(Target.of(other), [record])

    assert (Issue.objects.count(), Person.objects.count(), Label.objects.count()) == (2, 2, 2)


def test_missing_comments_are_marked_removed(target):
    store_issues(target, [make()])
    store_comments(target, [said("1"), said("2")])

    marked = mark_comments_removed(target, {"1": AT}, ["2"])

    assert marked.written == 1
    assert list(Comment.objects.filter(removed_at=None).values_list("source_comment_id")) == [
        ("2",)
    ]


def test_late_page_marks_no_newer_comment(target):
    store_issues(target, [make(source_updated_at=AT + timedelta(hours=1))])
    store_comments(target, [said("1")])

    assert mark_comments_removed(target, {"1": AT}, []).written == 0


def test_returning_comment_is_restored(target):
    store_issues(target, [make()])
    store_comments(target, [said("1")])
    mark_comments_removed(target, {"1": AT}, [])

    store_comments(target, [said("1")])

    assert Comment.objects.get().removed_at is None


def said(number: str) -> CommentRecord:
    return CommentRecord(
        source_comment_id=number, issue=IssueRef(source_issue_id="1"), author=ANN, body="Yes",
        url="", commented_at=AT, source_updated_at=AT,
    )  # fmt: skip
