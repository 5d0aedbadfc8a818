"""The audit trail is append-only."""

import pytest

from accounts import audit
from accounts.models import AuditEvent


def test_audit_event_names_its_actor(make_user) -> None:
    owner = make_user("owner@example.com")

    audit.record(
        owner, audit.AuditRecord("project.deleted", target="project 1 Rockets", project_id=1)
    )

    event = AuditEvent.objects.get()
    assert (event.actor_id, event.actor_name) == (owner.pk, "owner@example.com")


def test_audit_events_cannot_be_changed(db) -> None:
    audit.record(None, audit.AuditRecord("account.refused"))
    event = AuditEvent.objects.get()

    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        AuditEvent.objects.update(action="x")


def signed_in(api, password: str = "correct horse 9"):
    return api.post("/api/auth/login/", {"email": "ann@example.com", "password": password})


def written() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_sign_in_and_out_are_recorded(api, make_user) -> None:
    make_user("ann@example.com")

    refresh = signed_in(api).json()["refresh"]
    api.post("/api/auth/logout/", {"refresh": refresh})
    api.post("/api/auth/logout/", {"refresh": refresh})

    assert written() == ["account.signed_in", "account.signed_out"]


def test_reused_refresh_token_is_recorded_once(api, make_user) -> None:
    make_user("ann@example.com")
    refresh = signed_in(api).json()["refresh"]

    for _ in range(4):
        api.post("/api/auth/refresh/", {"refresh": refresh})

    assert written() == ["account.signed_in", "account.refresh_token_reused"]


def test_flood_of_wrong_passwords_is_recorded_three_times(api, make_user) -> None:
    make_user("ann@example.com")

    for _ in range(8):
        signed_in(api, "wrong")

    assert written() == ["account.sign_in_refused"] * 3


def test_unknown_names_are_recorded_three_times_without_the_name(api, db) -> None:
    for number in range(8):
        typed = f"my-password-{number}"
        api.post("/api/auth/login/", {"username": typed, "password": "x"})

    assert written() == ["account.sign_in_refused"] * 3
    assert "my-password" not in str(list(AuditEvent.objects.values()))


def test_registration_and_password_change_are_recorded(api, sign_in, without_mail) -> None:
    client, _ = sign_in("ann@example.com")
    passwords = {"old_password": "correct horse 9", "new_password": "another horse 10"}
    client.post("/api/auth/password/", passwords)
    given = {"email": "new@example.com", "password": "battery staple 11"}
    api.post("/api/auth/register/", given)

    assert written()[1:] == ["account.password_changed", "account.registered"]
