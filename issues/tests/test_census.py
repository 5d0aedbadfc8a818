"""The census: it ends whatever it finds, and sees what changed without a word."""

import msgspec

from integrations.providers.base import LabelRecord
from issues.models import Issue


def change_silently(tracker, issue_id: str, **changes) -> None:
    """Nothing tells of it: `source_updated_at` stays."""
    tracker.issues[issue_id] = msgspec.structs.replace(tracker.issues[issue_id], **changes)


def test_row_that_changed_without_a_new_version_is_stored_from_the_list(tracker_of_rows, sync):
    tracker = tracker_of_rows
    ids = [tracker.create() for _ in range(25)]
    sync()
    change_silently(tracker, ids[3], labels=(LabelRecord(name="renamed"),))
    tracker.requests.clear()

    run = sync(kind="census")

    issue = Issue.objects.get(source_issue_id=ids[3])
    assert [label.name for label in issue.labels.all()] == ["renamed"]
    assert (run.issues_updated, tracker.requests.count("one")) == (1, 0)


def test_edited_and_missed_issues_are_stored_from_the_list(tracker_of_rows, sync):
    tracker = tracker_of_rows
    ids = [tracker.create() for _ in range(25)]
    sync()
    Issue.objects.filter(source_issue_id=ids[3]).delete()
    for issue_id in ids[5:20]:
        tracker.edit(issue_id, title="Edited")

    run = sync(kind="census")

    titles = {i.source_issue_id: i.title for i in Issue.objects.present()}
    assert titles == {i: record.title for i, record in tracker.issues.items()}
    assert (run.state, tracker.requests.count("one")) == ("succeeded", 0)
