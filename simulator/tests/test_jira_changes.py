"""A simulated Jira that changes while one reads it, its changelog and its truth."""

import pytest

from simulator.jira.stamps import stamp
from simulator.tests.simulated_jira import NOW, V3, JiraReader, ServerReader, reader

__all__ = ["reader"]

NOW_STAMP = stamp(NOW * 1000, "America/Los_Angeles")


def newest(reader: JiraReader, key: str = "ENG-1") -> list[dict]:
    """The items of the newest changelog entry."""
    return reader.issue(key, "?expand=changelog")["changelog"]["histories"][0]["items"]


def told(item: dict) -> tuple:
    return item["field"], item["fromString"], item["toString"]


# --- fields ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "detail", "item"),
    [
        ("edit", {"title": "Other words"}, ("summary", "Other words")),
        ("edit", {"body": "Other text"}, ("description", "Other text")),
        ("change_type", {"type": "Epic"}, ("issuetype", "Epic")),
        ("prioritise", {"priority": "Highest"}, ("priority", "Highest")),
        ("prioritise", {"priority": None}, ("priority", None)),
        ("assign", {"login": "kai-oak"}, ("assignee", "Kai Oak")),
        ("plan", {"sprint": 9}, ("Sprint", "Sprint 9")),
        ("flag", {}, ("Flagged", "Impediment")),
        ("label", {"name": "urgent"}, ("labels", "question urgent")),
        ("set_parent", {"parent": "ENG-3"}, ("IssueParentAssociation", "ENG-3")),
        ("transition", {"status": "In Review"}, ("status", "In Review")),
    ],
)
def test_change_shows_in_issue_changelog_and_time(reader, action, detail, item):
    getattr(reader.changes, action)("ENG-1", **detail)

    assert [(i["field"], i["toString"]) for i in newest(reader)] == [item]
    assert reader.issue("ENG-1")["fields"]["updated"] == NOW_STAMP


def test_done_brings_a_resolution_and_another_turn_takes_it(reader):
    reader.changes.transition("ENG-1", status="Done", resolution="Fixed")
    done = reader.issue("ENG-1")["fields"]

    assert [told(item) for item in newest(reader)] == [
        ("resolution", None, "Fixed"), ("status", "To Do", "Done"),
    ]  # fmt: skip
    assert (done["resolution"]["name"], done["resolutiondate"]) == ("Fixed", NOW_STAMP)

    reader.changes.transition("ENG-1", status="In Progress")
    again = reader.issue("ENG-1")["fields"]
    assert (again["resolution"], again["resolutiondate"]) == (None, None)


def test_done_in_a_team_managed_project_has_no_resolution(reader):
    reader.changes.create("TEAM", title="New here")
    reader.changes.transition("TEAM-16", status="Done", resolution="Fixed")

    fields = reader.issue("TEAM-16")["fields"]
    assert (fields["status"]["name"], fields["resolution"]) == ("Done", None)
    assert [told(item) for item in newest(reader, "TEAM-16")] == [("status", "To Do", "Done")]
    assert reader.jira.truth("TEAM")[int(reader.issue("TEAM-16")["id"])].done_at == NOW * 1000


def test_change_of_nothing_leaves_no_entry_but_a_time(reader):
    before = len(reader.jira.issue("ENG-1").entries)

    reader.changes.label("ENG-1", name="question")

    assert len(reader.jira.issue("ENG-1").entries) == before
    assert reader.jira.issue("ENG-1").updated == NOW * 1000


def test_label_taken_off(reader):
    reader.changes.unlabel("ENG-1", name="question")

    assert reader.issue("ENG-1")["fields"]["labels"] == []
    assert told(newest(reader)[0]) == ("labels", "question", "")


def test_new_issue_comes_last_with_the_next_key(reader):
    made = reader.changes.create(
        title="Brand new", type="Bug", labels=["x"], priority="Low", parent="ENG-3"
    )

    row = reader.search(fields=["*all"])[-1]
    assert (row["key"], row["id"]) == ("ENG-121", str(made.id))
    assert (row["fields"]["summary"], row["fields"]["parent"]["key"]) == ("Brand new", "ENG-3")


def test_unknown_names_are_refused_with_those_there_are(reader):
    with pytest.raises(LookupError, match="In Review"):
        reader.changes.transition("ENG-1", status="Pondering")
    with pytest.raises(LookupError, match="ENG-9999"):
        reader.changes.touch("ENG-9999")


def test_some_issues_touched_are_the_same_for_the_same_seed(reader):
    touched = reader.changes.touch_some(9, seed=3)

    assert touched == JiraReader().changes.touch_some(9, seed=3)
    assert set(reader.found(f"project = ENG AND updated >= {NOW * 1000}")) == set(touched)


# --- comments -------------------------------------------------------------------------------------


def test_comment_written_edited_and_deleted(reader):
    reader.clock.shift(60)
    made = reader.changes.comment("ENG-1", body="Hello")
    reader.clock.shift(60)
    reader.changes.edit_comment(made.id, body="Hello again")

    shown = reader.issue("ENG-1")["fields"]["comment"]["comments"][-1]
    assert (shown["id"], shown["created"] < shown["updated"]) == (str(made.id), True)
    assert reader.issue("ENG-1")["fields"]["updated"] == shown["updated"]

    reader.changes.delete_comment(made.id)
    left = reader.issue("ENG-1")["fields"]["comment"]
    assert str(made.id) not in [comment["id"] for comment in left["comments"]]


def test_missing_comment_is_told(reader):
    with pytest.raises(LookupError, match="no comment 5"):
        reader.changes.delete_comment(5)


# --- links and kin --------------------------------------------------------------------------------


def test_link_changes_both_ends(reader):
    reader.changes.link("ENG-1", to="OPS-2", type="Blocks")

    here, there = (reader.issue(key)["fields"]["issuelinks"][-1] for key in ("ENG-1", "OPS-2"))
    assert (here["type"]["outward"], here["outwardIssue"]["key"]) == ("blocks", "OPS-2")
    assert (there["type"]["inward"], there["inwardIssue"]["key"]) == ("is blocked by", "ENG-1")
    assert newest(reader)[0]["toString"] == "This issue blocks OPS-2"
    assert newest(reader, "OPS-2")[0]["toString"] == "This issue is blocked by ENG-1"


def test_unlinking_tells_what_was(reader):
    reader.changes.link("ENG-1", to="OPS-2", type="Relates")
    reader.changes.unlink("OPS-2", to="ENG-1")

    assert reader.issue("ENG-1")["fields"]["issuelinks"] == []
    assert told(newest(reader)[0]) == ("Link", "This issue relates to OPS-2", None)
    with pytest.raises(LookupError, match="not linked"):
        reader.changes.unlink("ENG-1", to="OPS-2")


def test_neighbours_show_the_new_status(reader):
    reader.changes.link("ENG-1", to="ENG-2")
    reader.issue("ENG-1")

    reader.changes.transition("ENG-2", status="In Review")

    link = reader.issue("ENG-1")["fields"]["issuelinks"][-1]["outwardIssue"]
    assert link["fields"]["status"]["name"] == "In Review"


# --- where issues are -----------------------------------------------------------------------------


def test_moved_issue_keeps_its_id_and_answers_to_its_old_key(reader):
    before = reader.issue("ENG-5")
    reader.changes.move("ENG-5", to="OPS")

    moved = reader.issue("ENG-5")
    assert (moved["id"], moved["key"]) == (before["id"], "OPS-13")
    assert moved["fields"]["project"]["key"] == "OPS"
    assert [told(i) for i in newest(reader, "OPS-13")] == [
        ("project", "Eng project", "Ops project"), ("Key", "ENG-5", "OPS-13"),
    ]  # fmt: skip
    assert "ENG-5" not in reader.found()
    assert reader.jira.truth("OPS")[int(moved["id"])].old_keys == ("ENG-5",)


def test_deleted_issue_is_gone_with_its_parts_and_links(reader):
    reader.changes.link("ENG-21", to="ENG-1")
    part = reader.issue("ENG-22")
    assert part["fields"]["parent"]["key"] == "ENG-21"

    reader.changes.delete("ENG-21")

    assert [reader.ask(f"{V3}/issue/ENG-{n}").status for n in (21, 22)] == [404, 404]
    assert reader.issue("ENG-1")["fields"]["issuelinks"] == []
    assert reader.jira.truth()[int(part["id"])].gone == "deleted"


def test_archived_issue_is_read_but_not_found(reader):
    reader.changes.archive("ENG-5")

    assert "ENG-5" not in reader.found()
    assert reader.issue("ENG-5")["key"] == "ENG-5"

    reader.changes.restore("ENG-5")
    assert "ENG-5" in reader.found()


def test_something_happens_between_two_pages(reader):
    reader.jira.between_pages("/search/jql$", after=1, act=lambda: reader.changes.touch("ENG-2"))

    first = reader.page(f"project = ENG AND updated >= {NOW * 1000}", fields=["key"])
    second = reader.page(f"project = ENG AND updated >= {NOW * 1000}", fields=["key"])

    assert (first["issues"], len(second["issues"])) == ([], 1)


def test_servers_changelog_has_its_own_names():
    server = ServerReader()
    server.changes.set_parent("ENG-1", parent="ENG-3")

    row = server.issue("ENG-1", "?expand=changelog")

    item = row["changelog"]["histories"][-1]["items"][0]
    assert (item["field"], item["toString"], "fieldId" in item) == ("Epic Link", "ENG-3", False)
    assert row["fields"]["customfield_10014"] == "ENG-3"
