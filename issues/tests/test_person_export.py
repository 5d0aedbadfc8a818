"""Export of all data about a person: content and permissions."""

import json

import pytest

from accounts.models import AuditEvent
from issues.models import Comment, Issue, IssueAssignee, Person, PersonMatch, Transition
from issues.queries import data_export
from issues.tests.api import START, Board, board, foreign_board
from projects.models import Membership

__all__ = ["board", "foreign_board"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def owned(board) -> Board:
    board.project.memberships.update(role=Membership.Role.OWNER)
    return board


def fill(board: Board) -> dict[str, Person]:
    """Board where Ann has two accounts and Bob takes part in the same issues."""
    ann, other, bob = (board.person(*who) for who in (["ann"], ["ann", "ghe.test"], ["bob"]))
    Person.objects.filter(pk=other.pk).update(identity=ann, email_digest="d1gest")
    PersonMatch.objects.create(
        project=board.project, first=ann, second=other, state="accepted", evidence=["same_email"]
    )
    issue = board.add("By Ann", author="ann", assignees=["bob"], body="I wrote this")
    theirs = board.add("By Bob", author="bob", assignees=["ann"], body="Bob wrote this")
    board.comment(theirs, body="Ann says")
    Comment.objects.filter(pk=board.comment(issue, body="Bob says").pk).update(author=bob)
    board.transition(issue, actor=other, from_value="open", to_value="closed")
    board.transition(issue, actor=bob)
    return {"ann": ann, "other": other, "bob": bob}


def export(board: Board, person: Person, query: str = "", status: int = 200) -> list[dict]:
    url = f"/api/projects/{board.project.pk}/people/{person.pk}/export/{query}"
    response = board.client.get(url)
    assert response.status_code == status, response.content
    return [json.loads(line) for line in response.getvalue().decode().splitlines()]


def test_export_has_all_data_of_the_person_and_none_of_others(owned, foreign_board):
    people = fill(owned)
    fill(foreign_board)
    ann, other = people["ann"].pk, people["other"].pk

    *lines, end = export(owned, people["ann"])

    assert [(line["kind"], line.get("account", line["id"])) for line in lines] == [
        ("account", ann),
        ("account", other),
        ("match", lines[2]["id"]),
        ("authored_issue", ann),
        ("assigned_issue", ann),
        ("comment", ann),
        ("transition", other),
    ]
    assert end == {"complete": True, "rows": 7}


def test_lines_contain_texts_and_changes(owned):
    people = fill(owned)

    *lines, _ = export(owned, people["ann"])

    first, other, match, authored, assigned, comment, transition = lines
    assert (first["login"], first["identity"], other["identity"]) == ("ann", None, first["id"])
    assert (first["email_digest_kept"], other["email_digest_kept"]) == (False, True)
    assert match["evidence"] == ["same_email"]
    issue = Issue.objects.get(title="By Ann")
    assert (authored["key"], authored["body"]) == (issue.key, "I wrote this")
    assert authored["opened_at"] == issue.opened_at.isoformat().replace("+00:00", "Z")
    assert (assigned["title"], "body" in assigned) == ("By Bob", False)
    assert (comment["body"], comment["issue_key"]) == ("Ann says", assigned["key"])
    assert (transition["to_value"], transition["issue_key"]) == ("closed", issue.key)


def test_every_account_of_a_person_gives_the_same_export(owned):
    people = fill(owned)

    assert export(owned, people["other"]) == export(owned, people["ann"])


def test_removed_data_is_exported_too(owned):
    people = fill(owned)
    Comment.objects.update(removed_at=START)
    Issue.objects.update(removed_at=START)

    assert export(owned, people["ann"])[-1]["rows"] == 7


def test_each_row_is_exported_once_for_any_batch_size(owned, monkeypatch):
    people = fill(owned)
    for number in range(5):
        owned.add(f"More {number}", author="ann")
    whole = export(owned, people["ann"])
    monkeypatch.setattr(data_export, "STEP", 2)

    assert export(owned, people["ann"]) == whole
    assert whole[-1]["rows"] == 12


def test_every_model_with_a_person_relation_is_exported():
    pointing = {
        field.related_model
        for field in Person._meta.get_fields(include_hidden=True)
        if field.auto_created and field.is_relation and not field.many_to_many
    }

    assert pointing == {Person, PersonMatch, Issue, IssueAssignee, Comment, Transition}


@pytest.mark.parametrize("role", [Membership.Role.VIEWER, Membership.Role.MAINTAINER])
def test_members_who_are_not_owners_get_403(board, role):
    person = board.person("ann")
    board.project.memberships.update(role=role)

    export(board, person, status=403)

    assert not AuditEvent.objects.exists()


def test_people_of_another_tenant_get_404(owned, foreign_board):
    url = f"/api/projects/{owned.project.pk}/people/{owned.person('ann').pk}/export/"

    export(owned, foreign_board.person("ann"), status=404)
    assert foreign_board.client.get(url).status_code == 404
    assert not AuditEvent.objects.exists()


def test_unknown_parameter_is_rejected(owned):
    (problem,) = export(owned, owned.person("ann"), "?format=csv", status=400)

    assert problem["code"] == "invalid_input"


def test_audit_record_names_the_person_by_id_only(owned):
    person = owned.person("ann")

    export(owned, person)
    owned.client.head(f"/api/projects/{owned.project.pk}/people/{person.pk}/export/")

    line = AuditEvent.objects.get()
    assert (line.action, line.target) == ("export.taken", f"Core person {person.pk}")
    assert (line.actor_id, line.project_id) == (owned.user.pk, owned.project.pk)
    assert line.details == {"format": "ndjson", "filters": []}


def test_response_is_a_download(owned):
    answer = owned.client.get(
        f"/api/projects/{owned.project.pk}/people/{owned.person('ann').pk}/export/"
    )

    assert answer["Content-Type"] == "application/x-ndjson; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="core-person-')
    assert answer.streaming
