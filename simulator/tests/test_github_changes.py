"""A simulated GitHub that changes while one reads it, and the truth it keeps."""

import json

import pytest

from simulator.clock import stamp
from simulator.tests.simulated import ALL, ENGINE, Reader, link, plain_issue, reader, shown

__all__ = ["reader"]


def newest_events(reader: Reader) -> list[dict]:
    return reader.read(f"{ENGINE}/issues/events")


# --- single changes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "detail", "field", "event"),
    [
        ("close", {"reason": "not_planned"}, "state_reason", "closed"),
        ("edit", {"title": "Other words"}, "title", "renamed"),
        ("label", {"name": "urgent"}, "labels", "labeled"),
        ("assign", {"login": "kai-oak"}, "assignees", "assigned"),
    ],
)
def test_change_shows_in_issue_event_and_time(reader, action, detail, field, event):
    number = plain_issue(reader)

    reader.github.change("octo/engine", action, number, **detail)

    issue, newest = shown(reader, number), newest_events(reader)[0]
    assert next(iter(detail.values())) in json.dumps(issue[field])
    assert issue["updated_at"] == stamp(reader.clock.now())
    assert (newest["event"], newest["issue"]["number"]) == (event, number)


def test_new_body_moves_the_time_and_leaves_no_event(reader):
    number, newest = plain_issue(reader), newest_events(reader)[0]["id"]

    reader.changes.edit(number, body="More text")

    issue = shown(reader, number)
    assert (issue["body"], issue["updated_at"]) == ("More text", stamp(reader.clock.now()))
    assert newest_events(reader)[0]["id"] == newest


def test_label_put_on_and_taken_off_leaves_two_events(reader):
    number = plain_issue(reader)

    reader.changes.label(number, name="urgent")
    reader.changes.unlabel(number, name="urgent")

    assert "urgent" not in [label["name"] for label in shown(reader, number)["labels"]]
    events = [(e["event"], e["label"]["name"]) for e in newest_events(reader)[:2]]
    assert events == [("unlabeled", "urgent"), ("labeled", "urgent")]


def test_reopened_issue_has_no_closing_time(reader):
    number = plain_issue(reader, "closed")

    reader.changes.reopen(number)

    issue = shown(reader, number)
    assert (issue["state"], issue["state_reason"], issue["closed_at"]) == ("open", "reopened", None)


def test_new_issue_comes_last_in_creation_order(reader):
    made = reader.changes.create(title="Brand new", labels=["bug"])

    rows = reader.read_all(ALL)

    assert (rows[-1]["number"], rows[-1]["title"]) == (251, "Brand new")
    assert rows[-1]["id"] == made.id > rows[-2]["id"]


def test_comment_counts_and_shows_in_both_feeds(reader):
    number = plain_issue(reader)
    before = shown(reader, number)["comments"]

    made = reader.changes.comment(number, body="Me too")

    since = stamp(reader.clock.now())
    assert shown(reader, number)["comments"] == before + 1
    assert reader.read(f"{ENGINE}/issues/{number}/comments")[-1]["body"] == "Me too"
    assert [c["id"] for c in reader.read(f"{ENGINE}/issues/comments?since={since}")] == [made.id]


def test_edited_and_deleted_comments(reader):
    edited, deleted = reader.read(f"{ENGINE}/issues/comments?per_page=2")

    reader.changes.edit_comment(edited["id"], body="Edited")
    reader.changes.delete_comment(deleted["id"])

    rows = reader.read_all(f"{ENGINE}/issues/comments?sort=updated&direction=desc&per_page=100")
    assert rows[0]["body"] == "Edited"
    assert deleted["id"] not in [row["id"] for row in rows]
    assert reader.ask(f"{ENGINE}/issues/comments/{deleted['id']}").status == 404
    assert reader.read(f"{ENGINE}/issues/comments/{edited['id']}")["body"] == "Edited"


@pytest.mark.parametrize(("visible", "status"), [(True, 410), (False, 404)])
def test_deleted_issue_is_gone_everywhere(reader, visible, status):
    number = plain_issue(reader)

    reader.changes.delete(number, visible=visible)

    assert reader.ask(f"{ENGINE}/issues/{number}").status == status
    assert number not in [row["number"] for row in reader.read_all(ALL)]
    events = reader.read_all(f"{ENGINE}/issues/events?per_page=100")
    assert number not in [event["issue"]["number"] for event in events]


def test_transferred_issue_redirects_to_its_new_home(reader):
    number = plain_issue(reader)
    title = shown(reader, number)["title"]

    moved = reader.github.change("octo/engine", "transfer", number, to="octo/attic")

    reply = reader.ask(f"{ENGINE}/issues/{number}")
    found = reader.read(reply.headers["Location"])
    assert (reply.status, found["title"], found["number"]) == (301, title, moved.number)
    assert found["repository_url"].endswith("/repos/octo/attic")
    attic = reader.read_all("/repos/octo/attic/issues?state=all&sort=created&direction=asc")
    assert [row["created_at"] for row in attic] == sorted(row["created_at"] for row in attic)


def test_issue_becomes_a_pull_request(reader):
    number = plain_issue(reader)

    reader.changes.convert_to_pull(number)

    assert shown(reader, number)["pull_request"]["url"].endswith(f"/pulls/{number}")
    assert number not in [truth.number for truth in reader.github.each_truth()]


def test_what_is_gone_cannot_be_changed(reader):
    reader.changes.delete(5)

    with pytest.raises(LookupError, match="no issue 5"):
        reader.changes.close(5)


def test_repository_counts_what_is_open(reader):
    count = reader.read(ENGINE)["open_issues_count"]
    assert count == len(reader.read_all(f"{ENGINE}/issues?state=open&per_page=100"))

    reader.changes.close(plain_issue(reader))
    reader.changes.delete(plain_issue(reader))
    reader.changes.create()

    assert reader.read(ENGINE)["open_issues_count"] == count - 1


def test_touching_some_is_the_same_for_the_same_seed(reader):
    numbers = reader.changes.touch_some(20, seed=7)

    assert len(set(numbers)) == 20
    assert Reader().changes.touch_some(20, seed=7) == numbers


# --- changes between pages ------------------------------------------------------------------------


def test_changes_between_pages_happen_once_and_on_time(reader):
    reader.github.between_pages("/issues$", after=2, act=lambda: reader.changes.close(1))

    versions = []
    for _ in range(4):
        reader.ask(ALL)
        versions.append(reader.github.repository("octo/engine").version)

    assert versions == [0, 1, 1, 1]


def test_edit_between_pages_shows_on_the_page_not_yet_read(reader):
    last = max(t.number for t in reader.github.each_truth())
    edit = {"title": "Edited in between"}
    reader.github.between_pages("/issues$", after=1, act=lambda: reader.changes.edit(last, **edit))

    rows = reader.read_all(ALL)

    assert next(row for row in rows if row["number"] == last)["title"] == "Edited in between"


def test_edit_between_pages_loses_rows_for_those_who_sort_by_update():
    reader = Reader(paging="number")
    by_update = ALL.replace("sort=created", "sort=updated")
    seen = reader.read(by_update)
    next_url = link(reader.replies[-1], "next")

    reader.changes.touch(seen[0]["number"])

    numbers = {row["number"] for row in seen + reader.read_all(next_url)}
    assert len(numbers) == 249
