"""The simulated GitHub's webhooks: which change is told how."""

import json
import lzma
from pathlib import Path

import pytest

from simulator.tests.simulated import plain_issue, shown
from simulator.tests.simulated_hooks import SECRET, URL, Listener, listener
from tests.recorded_pages import load

__all__ = ["listener"]
RECORDED = (
    Path(__file__).resolve().parents[3]
    / "shared/data/recorded/github_webhook_examples.jsonl.xz"
)  # fmt: skip
CHANGES = [
    ("close", {}, "issues closed"),
    ("edit", {"title": "Better"}, "issues edited"),
    ("touch", {}, "issues edited"),
    ("label", {"name": "urgent"}, "issues labeled"),
    ("assign", {"login": "kai-oak"}, "issues assigned"),
    ("set_type", {"name": "Task"}, "issues typed"),
    ("delete", {}, "issues deleted"),
    ("comment", {}, "issue_comment created"),
]


@pytest.mark.parametrize(("action", "detail", "name"), CHANGES)
def test_change_is_told(listener, action, detail, name):
    number = plain_issue(listener)

    listener.github.change("octo/engine", action, number, **detail)

    assert listener.names() == [name]
    _, payload = listener.heard()[0]
    assert payload["issue"]["number"] == number
    assert payload["repository"]["full_name"] == "octo/engine"
    assert payload["sender"]["login"] == "hana-forge"


def test_payload_shows_the_issue_as_it_is_afterwards(listener):
    number = plain_issue(listener)
    listener.changes.label(number, name="urgent")

    (_, payload) = listener.heard()[0]

    assert payload["issue"] == shown(listener, number)
    assert payload["label"]["name"] == "urgent"


def test_readers_see_all_of_a_change_that_was_told(listener):
    issue = listener.changes.create(title="New", labels=["bug", "urgent"])

    assert listener.names() == ["issues opened", "issues labeled", "issues labeled"]
    assert [label["name"] for label in shown(listener, issue.number)["labels"]] == ["bug", "urgent"]


def test_edit_tells_what_stood_there_before(listener):
    number = plain_issue(listener)
    before = shown(listener, number)
    listener.changes.edit(number, title="Better", body="More")

    _, payload = listener.heard()[0]

    assert payload["changes"] == {
        "title": {"from": before["title"]}, "body": {"from": before["body"] or ""},
    }  # fmt: skip


def test_taking_back_is_told(listener):
    number = plain_issue(listener)
    for action, detail in [("label", {"name": "x"}), ("assign", {"login": "kai-oak"})]:
        listener.github.change("octo/engine", action, number, **detail)
        listener.github.change("octo/engine", f"un{action}", number, **detail)
    listener.changes.set_type(number, name="Bug")
    listener.changes.set_type(number, name="")
    listener.changes.close(number)
    listener.changes.reopen(number)

    assert [name.split()[1] for name in listener.names()] == [
        "labeled", "unlabeled", "assigned", "unassigned", "typed", "untyped", "closed", "reopened",
    ]  # fmt: skip


def test_transfer_is_told_on_both_sides(listener):
    number = plain_issue(listener)
    listener.github.change("octo/engine", "transfer", number, to="octo/attic")

    (_, left), (_, arrived) = listener.heard()

    assert (left["action"], arrived["action"]) == ("transferred", "opened")
    assert left["changes"]["new_repository"]["full_name"] == "octo/attic"
    assert left["changes"]["new_issue"]["id"] == arrived["issue"]["id"]
    assert arrived["repository"]["full_name"] == "octo/attic"
    assert arrived["changes"]["old_issue"]["number"] == number


def test_comment_edited_and_deleted(listener):
    comment = listener.changes.comment(plain_issue(listener), body="Before")
    listener.changes.edit_comment(comment.id, body="After")
    listener.changes.delete_comment(comment.id)

    _, edited, deleted = [payload for _, payload in listener.heard()]

    assert edited["changes"] == {"body": {"from": "Before"}}
    assert (edited["comment"]["body"], deleted["comment"]["id"]) == ("After", comment.id)


def test_pull_requests_are_told_by_their_comments_alone(listener):
    pull = listener.changes.create(is_pull=True)
    listener.changes.close(pull.number)
    listener.changes.comment(pull.number)

    assert listener.names() == ["issue_comment created"]
    assert "pull_request" in listener.heard()[0][1]["issue"]


def test_new_name_is_told(listener):
    listener.github.rename("octo/attic", to="octo/loft")

    event, payload = listener.heard()[0]

    assert (event, payload["action"]) == ("repository", "renamed")
    assert payload["changes"] == {"repository": {"name": {"from": "attic"}}}
    assert payload["repository"]["full_name"] == "octo/loft"


def test_repository_added_later_is_heard_too(listener):
    listener.github.add_repository("octo/young", 3)
    listener.github.changes("octo/young").create()

    assert listener.names() == ["issues opened"]


def test_ping_comes_first():
    listener = Listener()
    listener.deliveries.subscribe("github", URL, SECRET)

    event, payload = listener.heard()[0]

    assert event == "ping"
    assert payload["hook"]["config"]["url"] == URL
    assert str(payload["hook_id"]) == listener.got[0][2]["X-GitHub-Hook-ID"]


def check_keys(listener: Listener, real: dict[str, dict]) -> int:
    """Return how many of the deliveries could be compared."""
    for action, detail, _ in CHANGES:
        listener.github.change("octo/engine", action, plain_issue(listener), **detail)
    told = list(zip(listener.names(), listener.heard(), strict=True))
    known = [(name, payload) for name, (_, payload) in told if name in real]
    for name, payload in known:
        missing = real[name].keys() - payload.keys() - {"installation"}
        assert not missing, name
    return len(known)


def by_name(rows: list[dict]) -> dict[str, dict]:
    return {f"{row['event']} {row['payload'].get('action')}": row["payload"] for row in rows}


def test_recorded_deliveries_have_no_key_that_is_missing_here(listener):
    names = ("issues_edited", "issue_comment_created")

    compared = check_keys(listener, by_name([load(f"github/webhook_{name}") for name in names]))

    assert compared == 3


@pytest.mark.skipif(
    not RECORDED.exists(), reason="the published deliveries, third-party, are not on this machine"
)
def test_real_payloads_have_no_key_that_is_missing_here(listener):
    with lzma.open(RECORDED, "rt") as lines:
        assert check_keys(listener, by_name([json.loads(line) for line in lines]))
