"""The audit trail is added to and never changed."""

import pytest

from accounts import audit
from accounts.models import AuditEvent


def test_a_deed_names_who_did_it(make_user) -> None:
    owner = make_user("owner@example.com")

    audit.record(owner, audit.Deed("project.deleted", target="project 1 Rockets", project_id=1))

    event = AuditEvent.objects.get()
    assert (event.actor_id, event.actor_name) == (owner.pk, "owner@example.com")


def test_nothing_changes_a_line(db) -> None:
    audit.record(None, audit.Deed("account.refused"))
    event = AuditEvent.objects.get()

    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        AuditEvent.objects.update(action="x")
