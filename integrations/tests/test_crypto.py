import pytest
from cryptography.fernet import Fernet

from integrations.credentials import crypto

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def keys(settings):
    def use(*ring: str) -> None:
        settings.DIIP_ENCRYPTION_KEYS = list(ring)

    use(OLD)
    return use


@pytest.mark.parametrize("secret", ["ghp_abc", "with:colons:in:it", "ünïcode", ""])
def test_what_goes_in_comes_out(keys, secret):
    assert crypto.decrypt(crypto.encrypt(secret, row_id=7), row_id=7) == secret


def test_first_key_encrypts_and_all_decrypt(keys):
    ciphertext = crypto.encrypt("ghp_abc", row_id=7)
    assert crypto.is_current(ciphertext)

    keys(NEW, OLD)

    assert crypto.decrypt(ciphertext, row_id=7) == "ghp_abc"
    assert not crypto.is_current(ciphertext)
    assert crypto.is_current(crypto.encrypt("ghp_abc", row_id=7))


def test_foreign_key_cannot_read_it(keys):
    ciphertext = crypto.encrypt("ghp_abc", row_id=7)

    keys(OTHER)

    with pytest.raises(crypto.TokenUnreadable) as refused:
        crypto.decrypt(ciphertext, row_id=7)
    assert str(refused.value) == ""


@pytest.mark.parametrize("row_id", [8, 70, 0])
def test_ciphertext_of_another_row_is_useless(keys, row_id):
    ciphertext = crypto.encrypt("ghp_abc", row_id=7)

    with pytest.raises(crypto.TokenUnreadable):
        crypto.decrypt(ciphertext, row_id=row_id)


@pytest.mark.parametrize("broken", ["", "nonsense", "gAAAAA==", "ü"])
def test_broken_ciphertext_is_unreadable(keys, broken):
    with pytest.raises(crypto.TokenUnreadable):
        crypto.decrypt(broken, row_id=7)


def test_quota_key_differs_by_token_and_host_and_reveals_neither(keys):
    made = {
        crypto.quota_key(host, token) for host in ("a.com", "b.com") for token in ("", "t1", "t2")
    }

    assert len(made) == 6
    assert crypto.quota_key("a.com", "t1") in made
    assert all(len(key) == 64 and "t1" not in key for key in made)
