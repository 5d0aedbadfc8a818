"""Single issues of the simulated Jira Cloud: fields, documents, changelogs, comments, bulk."""

import json

import pytest

from simulator.tests.simulated_jira import V2, V3, JiraReader, messages, reader, still

__all__ = ["reader", "still"]

BUSY, CHATTY = "ENG-50", "ENG-40"
"""The past's issue with a long changelog, and the one with a long talk."""


def truths(reader: JiraReader) -> dict:
    return {truth.key: truth for truth in reader.jira.truth().values()}


# --- fields ---------------------------------------------------------------------------------------


def test_issue_by_id_key_and_any_case(still):
    row = still.issue("ENG-6")

    assert row == still.issue(row["id"]) == still.issue("eng-6")


def test_fields_can_be_chosen_and_left_out(still):
    few = still.issue("ENG-6", "?fields=summary,created")["fields"]
    rest = still.issue("ENG-6", "?fields=*all,-comment")["fields"]

    assert set(few) == {"summary", "created"}
    assert {"description", "issuelinks"} <= set(rest) and "comment" not in rest


def test_times_have_milliseconds_and_the_accounts_offset(still):
    created = still.issue("ENG-6")["fields"]["created"]

    assert created == "2024-11-26T02:53:50.497-0800"


def test_missing_issue_is_404_in_jiras_words(still):
    reply = still.ask(f"{V3}/issue/ENG-9999")

    assert reply.status == 404
    assert messages(reply) == "Issue does not exist or you do not have permission to see it."


def test_status_names_its_category(still):
    seen = {
        row["fields"]["status"]["name"]: row["fields"]["status"]["statusCategory"]["key"]
        for row in still.search(fields=["status"])
    }

    assert seen == {
        "To Do": "new", "In Progress": "indeterminate", "In Review": "indeterminate",
        "Done": "done", "Closed": "done",
    }  # fmt: skip


def test_resolution_comes_and_goes_with_done(still):
    for row in still.search(fields=["status", "resolution", "resolutiondate"]):
        fields = row["fields"]
        done = fields["status"]["statusCategory"]["key"] == "done"
        assert bool(fields["resolution"]) == bool(fields["resolutiondate"]) == done


def test_team_managed_project_is_done_without_a_resolution(still):
    rows = still.search("project = TEAM", fields=["status", "resolution", "resolutiondate"])

    done = [r["fields"] for r in rows if r["fields"]["status"]["name"] in {"Done", "Closed"}]
    assert done
    assert all(f["resolution"] is None and f["resolutiondate"] is None for f in done)


def test_people_have_account_ids_and_no_address(still):
    rows = still.search(fields=["reporter", "assignee"])

    people = [row["fields"]["reporter"] for row in rows]
    assert all(p["accountId"] and "emailAddress" not in p and "name" not in p for p in people)
    assert any(row["fields"]["assignee"] is None for row in rows)
    assert any(not p["active"] and p["displayName"] == "Former user" for p in people)


def test_links_are_reported_by_both_ends(still):
    ends = {}
    for row in still.search(fields=["issuelinks"]):
        for link in row["fields"]["issuelinks"]:
            side = "outward" if "outwardIssue" in link else "inward"
            other = link[f"{side}Issue"]["key"]
            ends.setdefault(link["id"], []).append((side, row["key"], other))

    assert len(ends) > 20
    for (side, one, other), (side2, one2, other2) in ends.values():
        assert {side, side2} == {"outward", "inward"}
        assert (one, other) == (other2, one2)


def test_parts_know_their_whole_and_epics_their_stories(still):
    rows = {row["key"]: row["fields"] for row in still.search(fields=["*all"])}

    part = next(f for f in rows.values() if f["issuetype"]["subtask"])
    whole = rows[part["parent"]["key"]]
    assert part["summary"] in [x["fields"]["summary"] for x in whole["subtasks"]]
    parents = [f["parent"]["fields"]["issuetype"]["name"] for f in rows.values() if "parent" in f]
    assert "Epic" in parents


# --- texts ----------------------------------------------------------------------------------------


def nodes(node: object, kinds: set) -> set:
    if isinstance(node, dict):
        if "type" in node:
            kinds.add(node["type"])
        for value in node.values():
            nodes(value, kinds)
    for inner in node if isinstance(node, list) else []:
        nodes(inner, kinds)
    return kinds


def test_version_three_writes_documents_of_many_kinds(still):
    kinds = nodes([row["fields"] for row in still.search(fields=["description"])], set())

    assert kinds >= {
        "doc", "paragraph", "heading", "bulletList", "orderedList", "listItem", "codeBlock",
        "table", "panel", "mention", "emoji", "link", "code", "hardBreak", "hologram",
    }  # fmt: skip


def test_version_two_writes_wiki_text(still):
    wiki = [still.read(f"{V2}/issue/ENG-{n}")["fields"]["description"] for n in range(1, 80)]

    told = "\n".join(text for text in wiki if text)
    for sign in ("{code", "h3. ", "{{", "\r\n# ", "\r\n* ", "[~accountid:", "{panel}", "||"):
        assert sign in told


def test_texts_point_to_other_trackers_and_keys(still):
    told = json.dumps([row["fields"] for row in still.search(fields=["description"])])

    for pointer in (
        "https://github.com/octo/engine/issues/", "octo/engine#",
        "https://stackoverflow.com/questions/", "Came up while we worked on ENG-",
    ):  # fmt: skip
        assert pointer in told


def test_no_description_is_null(reader):
    made = reader.changes.create(body=None)

    assert reader.issue(made.key)["fields"]["description"] is None


def test_any_document_can_be_put_in_place_of_a_text(reader):
    odd = {"type": "doc", "version": 1, "content": [{"type": "extension"}]}
    reader.changes.edit("ENG-1", raw=odd)
    reader.changes.comment("ENG-1", raw=odd)

    fields = reader.issue("ENG-1")["fields"]
    assert fields["description"] == fields["comment"]["comments"][-1]["body"] == odd


# --- comments and changelogs ----------------------------------------------------------------------


def test_embedded_comments_end_at_twenty_and_total_tells(still):
    comment = still.search(f"key = {CHATTY}", fields=["comment"])[0]["fields"]["comment"]

    assert (len(comment["comments"]), comment["maxResults"]) == (20, 20)
    assert comment["total"] > 26 - 1


def test_comments_by_offset_are_all_of_them(still):
    first = still.read(f"{V3}/issue/{CHATTY}/comment?maxResults=15")
    rest = still.read(f"{V3}/issue/{CHATTY}/comment?startAt=15&maxResults=500")

    assert (first["maxResults"], rest["maxResults"]) == (15, 100)
    assert len(first["comments"]) + len(rest["comments"]) == first["total"]
    newest = still.read(f"{V3}/issue/{CHATTY}/comment?orderBy=-created&maxResults=1")
    assert newest["comments"][0] == rest["comments"][-1]


def test_embedded_changelog_has_the_newest_forty_first(still):
    changelog = still.issue(BUSY, "?expand=changelog")["changelog"]
    pages = still.read(f"{V3}/issue/{BUSY}/changelog?maxResults=100")

    assert (len(changelog["histories"]), changelog["total"]) == (40, pages["total"])
    assert changelog["histories"] == pages["values"][:-41:-1]


def test_changelog_by_offset_is_all_of_it_oldest_first(still):
    first = still.read(f"{V3}/issue/{BUSY}/changelog?maxResults=30")
    rest = still.read(first["nextPage"].partition("/jira")[2])

    assert (first["isLast"], len(first["values"]), rest["startAt"]) == (False, 30, 30)
    moments = [entry["created"] for entry in first["values"]]
    assert moments == sorted(moments)


def test_changelogs_in_bulk_are_whole_and_in_milliseconds(still):
    keys, logs, token = ["ENG-1", BUSY, "1010003"], {}, None
    while True:
        body = {"issueIdsOrKeys": keys, "maxResults": 20} | (
            {"nextPageToken": token} if token else {}
        )
        page = still.read(f"{V3}/changelog/bulkfetch", body)
        for log in page["issueChangeLogs"]:
            logs.setdefault(log["issueId"], []).extend(log["changeHistories"])
        token = page.get("nextPageToken")
        if token is None:
            break

    assert len(logs["1010050"]) == still.issue(BUSY, "?expand=changelog")["changelog"]["total"]
    assert all(isinstance(entry["created"], int) for log in logs.values() for entry in log)


def test_changelogs_in_bulk_for_some_fields(still):
    body = {"issueIdsOrKeys": [f"ENG-{n}" for n in range(1, 60)], "fieldIds": ["status"]}

    page = still.read(f"{V3}/changelog/bulkfetch", body)

    entries = [e for log in page["issueChangeLogs"] for e in log["changeHistories"]]
    assert {item["fieldId"] for entry in entries for item in entry["items"]} == {"status"}


@pytest.mark.parametrize(
    "body",
    [
        {"issueIdsOrKeys": []},
        {"issueIdsOrKeys": ["ENG-1"] * 1001},
        {"issueIdsOrKeys": ["ENG-1"], "fieldIds": ["status"] * 11},
        {"issueIdsOrKeys": ["ENG-1"], "maxResults": 10_001},
        {"issueIdsOrKeys": ["ENG-1"], "nextPageToken": "nonsense"},
    ],
)
def test_bulk_changelogs_have_their_limits(still, body):
    assert still.ask(f"{V3}/changelog/bulkfetch", body).status == 400


def test_some_changes_have_no_author_and_some_fields_no_id(reader):
    reader.changes.set_parent("ENG-1", parent="ENG-3")
    body = {"issueIdsOrKeys": [f"ENG-{n}" for n in range(1, 121)], "maxResults": 10_000}

    page = reader.read(f"{V3}/changelog/bulkfetch", body)

    entries = [e for log in page["issueChangeLogs"] for e in log["changeHistories"]]
    items = [item for entry in entries for item in entry["items"]]
    assert any("author" not in entry for entry in entries)
    assert [i["field"] for i in items if "fieldId" not in i] == ["IssueParentAssociation"]
    assert any(entry.get("author", {}).get("accountType") == "app" for entry in entries)
    assert any(len(entry["items"]) > 1 for entry in entries)


# --- several at once, and what surrounds them -----------------------------------------------------


def test_issues_in_bulk_leave_out_what_is_not_there(still):
    body = {"issueIdsOrKeys": ["ENG-9", "1010002", "ENG-9999", "SECRET-1"], "fields": ["summary"]}

    page = still.read(f"{V3}/issue/bulkfetch", body)

    assert [row["key"] for row in page["issues"]] == ["ENG-2", "ENG-9"]
    assert page["issueErrors"] == []
    assert still.ask(f"{V3}/issue/bulkfetch", {"issueIdsOrKeys": ["1"] * 101}).status == 400


def test_project_by_key_and_id(still):
    project = still.read(f"{V3}/project/ENG")

    assert project == still.read(f"{V3}/project/10000")
    assert (project["name"], project["style"]) == ("Eng project", "classic")
    assert still.read(f"{V3}/project/TEAM")["style"] == "next-gen"
    assert "No project could be found" in messages(still.ask(f"{V3}/project/NOWHERE"))


def test_statuses_of_a_project_by_type(still):
    rows = still.read(f"{V3}/project/ENG/statuses")

    assert [row["name"] for row in rows] == ["Epic", "Story", "Task", "Bug", "Sub-task"]
    assert len(rows[0]["statuses"]) == 5


@pytest.mark.parametrize(
    ("path", "count"),
    [("status", 5), ("priority", 5), ("resolution", 5), ("issuetype", 5), ("project", 4)],
)
def test_lists(still, path, count):
    assert len(still.read(f"{V3}/{path}")) == count


def test_sprint_field_is_found_by_its_schema(still):
    fields = still.read(f"{V3}/field")

    sprint = next(f for f in fields if f["schema"].get("custom", "").endswith(":gh-sprint"))
    values = [row["fields"][sprint["id"]] for row in still.search(fields=[sprint["id"]])]
    assert any(value and value[0]["name"].startswith("Sprint ") for value in values)
