"""Mapping of changelogs."""

import pytest

from integrations.providers.contract.base import IssueRef
from integrations.providers.jira.changelog import FIELD_IDS, read_history, to_transitions
from integrations.providers.jira.site import place_of
from integrations.providers.parsing.limits_and_text import MAX_ID
from integrations.providers.parsing.validate import clean_record
from integrations.tests.jira_pages import CLOUD, history, item, user

ISSUE = IssueRef(source_issue_id="1001", key="ABC-1")


def read(*items, **other):
    past = read_history(history(1, *items, **other), place_of(CLOUD))
    return list(to_transitions(past, ISSUE))


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("status", "status"),
        ("resolution", "resolution"),
        ("assignee", "assignee"),
        ("priority", "priority"),
        ("issuetype", "type"),
        ("summary", "title"),
        ("Key", "key"),
    ],
)
def test_a_change_of_a_field_is_a_transition(name, field):
    [change] = read(item(name, "one", "two"))

    assert (change.field, change.from_value, change.to_value) == (field, "one", "two")
    assert (change.source_event_id, change.issue) == ("70001", ISSUE)
    assert change.actor.login == "Bob"


def test_every_field_that_is_kept_is_asked_for():
    assert {field.lower() for field in FIELD_IDS} == {
        "status", "resolution", "assignee", "priority", "issuetype", "labels", "summary", "key",
        "issuekey",
    }  # fmt: skip


def test_nothing_before_or_after_is_legal():
    changes = read(item("assignee", None, "Bob"), item("resolution", "Done", None))

    assert [(each.from_value, each.to_value) for each in changes] == [("", "Bob"), ("Done", "")]


def test_other_fields_and_what_did_not_change_are_left_out():
    assert (
        read(item("Rank", "1", "2"), item("description", "a", "b"), item("status", "A", "A")) == []
    )


def test_ask_7_a_label_that_was_removed_is_a_transition_of_its_own():
    changes = read(item("labels", "old both", "both new newer"))

    assert [(each.source_event_id, each.from_value, each.to_value) for each in changes] == [
        ("70001:old", "old", ""),
        ("70001:new", "", "new"),
        ("70001:newer", "", "newer"),
    ]


def test_long_labels_give_ids_that_fit_and_differ():
    changes = read(item("labels", "", f"{'x' * 100} {'x' * 99}y"))

    ids = [each.source_event_id for each in changes]
    assert len(set(ids)) == 2
    assert max(map(len, ids)) <= MAX_ID
    assert all(clean_record(each)[1] == 0 for each in changes)


def test_one_act_on_one_field_twice_gives_two_ids():
    changes = read(item("status", "A", "B"), item("status", "B", "C"), item("summary", "a", "b"))

    assert len({(each.source_event_id, each.field) for each in changes}) == 3
    assert [each.to_value for each in changes] == ["B", "C", "b"]


def test_the_fields_id_goes_before_its_name():
    [change] = read(item("Étiquettes", "", "new", fieldId="labels"))

    assert change.field == "label"


def test_transition_without_actor_is_mapped():
    [change] = read(item("status", "A", "B"), author=None)

    assert change.actor is None


def test_an_automation_is_a_bot():
    [change] = read(item("status", "A", "B"), author=user("Automation", accountType="app"))

    assert change.actor.is_bot
