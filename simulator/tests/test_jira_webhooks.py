"""What a simulated Jira sends when something happens."""

import json

import pytest

from simulator.tests.simulated_jira import NOW, JiraReader, ServerReader


@pytest.fixture
def sent():
    reader = JiraReader()
    outgoing = []
    reader.jira.on_happened = outgoing.append
    return reader, outgoing


@pytest.mark.parametrize(
    ("action", "detail", "event"),
    [
        ("create", {}, "jira:issue_created"),
        ("edit", {"issue": "ENG-1", "title": "Other"}, "jira:issue_updated"),
        ("delete", {"issue": "ENG-1"}, "jira:issue_deleted"),
        ("comment", {"issue": "ENG-1"}, "comment_created"),
    ],
)
def test_each_change_is_told(sent, action, detail, event):
    reader, outgoing = sent

    getattr(reader.changes, action)(**detail)

    told = outgoing[0]
    body = json.loads(told.body)
    assert (len(outgoing), told.event, body["webhookEvent"]) == (1, event, event)
    assert body["timestamp"] == NOW * 1000
    assert told.headers["X-Atlassian-Webhook-Identifier"]
    assert (told.headers["X-Atlassian-Webhook-Retry"], told.signature_header) == (
        "0",
        "X-Hub-Signature",
    )


def test_update_carries_the_issue_the_changelog_and_who_did_it(sent):
    reader, outgoing = sent

    reader.changes.transition("ENG-1", status="Done", actor="kai-oak")

    body = json.loads(outgoing[0].body)
    assert body["issue"]["key"] == "ENG-1"
    assert body["issue"]["fields"]["status"]["name"] == "Done"
    assert [item["field"] for item in body["changelog"]["items"]] == ["resolution", "status"]
    assert (body["user"]["displayName"], body["issue_event_type_name"]) == (
        "Kai Oak",
        "issue_generic",
    )


def test_move_tells_both_keys(sent):
    reader, outgoing = sent

    reader.changes.move("ENG-1", to="OPS")

    body = json.loads(outgoing[0].body)
    assert (body["issue_event_type_name"], body["issue"]["key"]) == ("issue_moved", "OPS-13")
    assert body["changelog"]["items"][1]["fromString"] == "ENG-1"


def test_comment_comes_with_its_text_and_a_brief_issue(sent):
    reader, outgoing = sent

    made = reader.changes.comment("ENG-1", body="Hello `you`")
    reader.changes.edit_comment(made.id, body="Bye")
    reader.changes.delete_comment(made.id)

    assert [told.event for told in outgoing] == [
        "comment_created", "comment_updated", "comment_deleted",
    ]  # fmt: skip
    body = json.loads(outgoing[0].body)
    assert (body["comment"]["id"], body["comment"]["body"]) == (str(made.id), "Hello {{you}}")
    assert "description" not in body["issue"]["fields"]


def test_each_delivery_has_a_name_of_its_own(sent):
    reader, outgoing = sent

    reader.changes.link("ENG-1", to="ENG-2")
    reader.changes.touch("ENG-1")

    names = {told.headers["X-Atlassian-Webhook-Identifier"] for told in outgoing}
    assert len(names) == len(outgoing) == 3


def test_deleted_parts_are_told_too(sent):
    reader, outgoing = sent

    reader.changes.delete("ENG-21")

    keys = [json.loads(told.body)["issue"]["key"] for told in outgoing]
    assert keys == ["ENG-22", "ENG-21"]


def test_servers_people_are_named():
    server, outgoing = ServerReader(), []
    server.jira.on_happened = outgoing.append

    server.changes.touch("ENG-1")

    assert json.loads(outgoing[0].body)["user"]["name"] == "hana-forge"
