import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command

from integrations.credentials import access, crypto
from integrations.fields import CiphertextField
from integrations.lifecycle import key_rotation
from integrations.models import Integration, KeyCanary

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def ring(settings, monkeypatch):
    monkeypatch.setattr(key_rotation, "PAUSE_SECONDS", 0)

    def use(*those: str) -> None:
        settings.DIIP_ENCRYPTION_KEYS = list(those)

    use(OLD)
    return use


@pytest.fixture
def three(ring, connect) -> list[Integration]:
    made = [connect("octo/a", token="t1"), connect("octo/b", token="t2"), connect("octo/c", "")]
    key_rotation.check_keys()
    return made


def tokens() -> list[str]:
    return [access.read_token(one) for one in Integration.objects.order_by("pk")]


def test_keys_that_fit_change_nothing(three, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert key_rotation.check_keys() == key_rotation.KeyReport(fits=True)


def test_wrong_key_asks_for_the_token_and_stops_nothing_else(three, ring):
    ring(OTHER)

    assert key_rotation.check_keys() == key_rotation.KeyReport(fits=False, marked=2)

    first, _, without = Integration.objects.order_by("pk")
    assert (first.status, first.status_reason) == ("needs_attention", "key_unknown")
    assert (first.next_sync_at, "again" in first.status_message) == (None, True)
    assert without.status == "healthy"
    with pytest.raises(crypto.TokenUnreadable):
        access.read_token(first)


def test_api_works_with_a_wrong_key_and_accepts_a_new_token(team, three, ring):
    ring(OTHER)
    key_rotation.check_keys()
    url = f"{team.url}integrations/{three[0].pk}/"

    before = team.call("owner").get(url)
    after = team.call("owner").patch(url, {"token": "t1"})

    assert (before.status_code, before.json()["status_reason"]) == (200, "key_unknown")
    assert "again" in before.json()["fix"]
    assert (after.status_code, after.json()["status"]) == (200, "healthy")


def test_former_key_frees_what_it_can_read(three, ring):
    ring(OTHER)
    key_rotation.check_keys()

    ring(OLD)

    assert key_rotation.check_keys() == key_rotation.KeyReport(fits=False, freed=2)
    assert tokens() == ["t1", "t2", ""]
    assert not Integration.objects.exclude(status="healthy").exists()
    assert key_rotation.keys_fit()


def test_rotation_moves_all_and_the_old_key_can_go(three, ring):
    ring(NEW, OLD)
    assert key_rotation.count_keys() == key_rotation.RotationReport(old=2)

    assert key_rotation.rotate() == key_rotation.RotationReport(rotated=2)

    ring(NEW)
    assert tokens() == ["t1", "t2", ""]
    assert key_rotation.keys_fit()
    assert key_rotation.count_keys() == key_rotation.RotationReport(current=2)


def test_rotation_twice_writes_once(three, ring):
    ring(NEW, OLD)
    key_rotation.rotate()
    written = set(Integration.objects.values_list("token_ciphertext", flat=True))

    assert key_rotation.rotate() == key_rotation.RotationReport(current=2)
    assert set(Integration.objects.values_list("token_ciphertext", flat=True)) == written


def test_rotation_goes_over_all_batches(three, ring, monkeypatch):
    monkeypatch.setattr(key_rotation, "BATCH", 1)
    ring(NEW, OLD)

    assert key_rotation.rotate().rotated == 2


def test_rotation_leaves_what_it_cannot_read(three, ring):
    ring(NEW, OTHER)

    assert key_rotation.rotate() == key_rotation.RotationReport(unreadable=2)
    ring(OLD)
    assert tokens() == ["t1", "t2", ""]
    assert key_rotation.keys_fit()


def test_rotation_knows_every_column_of_ciphertext():
    fields = [field for model in apps.get_models() for field in model._meta.concrete_fields]

    named = {str(field) for field in fields if field.name.endswith("_ciphertext")}

    assert len(named) > 2
    assert named == {str(field) for field in fields if isinstance(field, CiphertextField)}


def test_check_fails_while_an_old_key_is_in_use(three, ring, capsys):
    ring(NEW, OLD)
    with pytest.raises(CommandError):
        call_command("rotate_keys", "--check")
    assert key_rotation.count_keys().old == 2

    call_command("rotate_keys")
    call_command("rotate_keys", "--check")

    assert "first key: 2 (0 re-encrypted now)" in capsys.readouterr().out


def test_canary_is_one_row(three, ring):
    ring(OTHER)
    key_rotation.check_keys()
    key_rotation.check_keys()

    assert KeyCanary.objects.count() == 1
