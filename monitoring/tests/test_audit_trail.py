"""Audit trail: permissions, order and content."""

import pytest
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor
from rest_framework.test import APIClient

from accounts import audit
from accounts.models import AuditEvent, User

ALL = "/api/admin/audit/"


@pytest.fixture
def admin(make_user) -> APIClient:
    client = APIClient()
    client.force_authenticate(make_user("admin@example.com", role=User.Role.ADMIN))
    return client


def actions(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["action"] for row in answer.json()["results"]]


def test_owner_sees_only_entries_of_the_project(team) -> None:
    audit.record(team.owner, audit.AuditRecord("export.taken", project_id=team.project.pk))
    audit.record(team.outsider, audit.AuditRecord("export.taken", project_id=team.theirs.pk))

    rows = team.call("owner").get(f"{team.url}audit/").json()["results"]

    assert {row["project_id"] for row in rows} == {team.project.pk}
    assert [row["action"] for row in rows][:1] == ["export.taken"]
    assert team.call("maintainer").get(f"{team.url}audit/").status_code == 403
    assert team.call("outsider").get(f"{team.url}audit/").status_code == 404


def test_pages_run_newest_first_and_back(admin: APIClient) -> None:
    for number in range(5):
        audit.record(None, audit.AuditRecord("keys.rotated", target=str(number)))

    first = admin.get(f"{ALL}?page_size=2&action=keys.rotated").json()
    second = admin.get(first["next"]).json()
    back = admin.get(second["previous"]).json()

    assert [row["target"] for row in first["results"]] == ["4", "3"]
    assert [row["target"] for row in second["results"]] == ["2", "1"]
    assert back["results"] == first["results"]


def test_filters_apply_and_unknown_ones_are_rejected(admin: APIClient, make_user) -> None:
    ann = make_user("ann@example.com")
    audit.record(ann, audit.AuditRecord("export.taken"))
    audit.record(None, audit.AuditRecord("keys.rotated"))

    assert actions(admin.get(f"{ALL}?actor={ann.pk}")) == ["export.taken"]
    assert actions(admin.get(f"{ALL}?action=keys.rotated")) == ["keys.rotated"]
    assert actions(admin.get(f"{ALL}?to=2001-01-01")) == []
    assert len(actions(admin.get(f"{ALL}?from=2001-01-01"))) == 2
    assert admin.get(f"{ALL}?who=me").status_code == 400


def test_membership_change_is_recorded_with_actor_and_request(team, make_user) -> None:
    make_user("new@example.com")
    body = {"email": "new@example.com", "role": "viewer"}

    team.call("owner").post(
        f"{team.url}members/", body, headers={"X-Request-ID": "audit-request-1"}
    )

    event = AuditEvent.objects.get(action="member.added")
    assert (event.actor_id, event.project_id) == (team.owner.pk, team.project.pk)
    assert (event.address, event.request_id) == ("127.0.0.1", "audit-request-1")
    assert event.details == {"role": "viewer"}


def test_export_is_recorded_without_search_text(team) -> None:
    team.call("viewer").get(f"{team.url}issues/export/?q=private-words")

    event = AuditEvent.objects.get(action="export.taken")
    assert event.details == {"format": "csv", "filters": ["q"]}


def test_trail_contains_no_secret(db) -> None:
    planted = "ghp_PlantedPlantedPlanted0123456789abcd"
    audit.record(None, audit.AuditRecord("x.y", f"token={planted}", details={"a": [planted]}))

    assert planted not in str(AuditEvent.objects.values().get())


def test_database_rejects_changes(db) -> None:
    audit.record(None, audit.AuditRecord("keys.rotated"))

    with pytest.raises(IntegrityError, match="never changed"), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_auditevent SET action = 'x'")


def test_name_of_deleted_account_can_be_removed(db, make_user) -> None:
    ann = make_user("ann@example.com")
    audit.record(
        ann, audit.AuditRecord("export.taken", "account 1 ann@example.com", address="9.9.9.9")
    )

    AuditEvent.objects.forget_account(ann.pk, "ann@example.com")

    row = AuditEvent.objects.values("actor_name", "target", "address").get()
    assert "ann@" not in str(row)
    assert row["address"] == ""


def test_old_entries_can_be_deleted(db) -> None:
    audit.record(None, audit.AuditRecord("keys.rotated"))

    assert AuditEvent._base_manager.all().delete()[0] == 1


@pytest.fixture
def whole_again(transactional_db):
    """Migrate back to the newest version after the test."""
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_write_protection_migration_is_reversible(whole_again) -> None:
    audit.record(None, audit.AuditRecord("keys.rotated"))
    before, after = "0003_names_in_the_admin", "0004_audit_trail_refuses_updates"

    MigrationExecutor(connection).migrate([("accounts", before)])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_auditevent SET action = 'x'")
    MigrationExecutor(connection).migrate([("accounts", after)])

    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_auditevent SET action = 'y'")
