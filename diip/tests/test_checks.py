import secrets

import pytest
from cryptography.fernet import Fernet
from django.db import connections

from diip import checks

SAMPLE = "django-insecure-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2
SAME = secrets.token_urlsafe(64)


@pytest.fixture
def production(settings, monkeypatch):
    """Settings with which nothing is wrong."""
    monkeypatch.setattr(type(connections["default"]), "vendor", "postgresql")
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.SECRET_KEY_IS_MISSING = False
    settings.SECRET_KEY = secrets.token_urlsafe(64)
    settings.JWT_SIGNING_KEY = secrets.token_hex(64)
    settings.DIIP_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    settings.ALLOWED_HOSTS = ["diip.my.org"]
    settings.NUM_PROXIES = 1
    return settings


def ids() -> set[str]:
    return {fault.id for fault in checks.check_production(None)}


def test_good_settings_have_no_fault(production):
    assert ids() == set()
    checks.refuse_unsafe_start()


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("SECRET_KEY_IS_MISSING", True, "diip.E001"),
        ("SECRET_KEY", "x" * 100, "diip.E002"),
        ("SECRET_KEY", "q8ZrT2mXw0Lk5VbN7cYs1GdFh3", "diip.E002"),
        ("SECRET_KEY", SAMPLE, "diip.E002"),
        ("JWT_SIGNING_KEY", "short", "diip.E003"),
        ("DIIP_ENCRYPTION_KEYS", [], "diip.E004"),
        ("DIIP_ENCRYPTION_KEYS", ["not a key"], "diip.E005"),
        ("DIIP_ENCRYPTION_KEYS", [Fernet.generate_key().decode(), "A" * 43 + "="], "diip.E005"),
        ("DEBUG", True, "diip.E007"),
        ("ALLOWED_HOSTS", [], "diip.E008"),
        ("ALLOWED_HOSTS", ["diip.my.org", "*"], "diip.E008"),
        ("CORS_ALLOW_ALL_ORIGINS", True, "diip.E009"),
        ("CORS_ALLOWED_ORIGINS", ["*"], "diip.E009"),
        ("NUM_PROXIES", None, "diip.E010"),
    ],
)
def test_unsafe_setting_is_named_with_its_cure(production, name, value, fault):
    setattr(production, name, value)

    assert ids() == {fault}
    assert all(found.hint for found in checks.check_production(None))


def test_one_key_for_two_purposes_is_a_fault(production):
    production.SECRET_KEY = production.JWT_SIGNING_KEY = SAME

    assert ids() == {"diip.E006"}


def test_sqlite_is_only_a_warning(production, monkeypatch):
    monkeypatch.setattr(type(connections["default"]), "vendor", "sqlite")

    assert ids() == {"diip.W001"}
    checks.refuse_unsafe_start()


def test_start_is_refused_naming_all_faults_at_once(production, capsys):
    production.DEBUG = True
    production.ALLOWED_HOSTS = []
    production.NUM_PROXIES = None

    with pytest.raises(SystemExit) as refusal:
        checks.refuse_unsafe_start()

    assert refusal.value.code != 0
    told = capsys.readouterr().err
    assert all(fault in told for fault in ("diip.E007", "diip.E008", "diip.E010"))


def test_a_laptop_is_asked_for_nothing(settings):
    settings.PRODUCTION = False
    settings.ALLOWED_HOSTS = []

    assert ids() == set()
