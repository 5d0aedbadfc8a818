import re
import secrets

import pytest
from cryptography.fernet import Fernet
from django.db import connections

from diip import checks

pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
SAMPLE = "django-insecure-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2
SAME = secrets.token_urlsafe(64)
NOT_TOGETHER = {"diip.E002", "diip.E005", "diip.E012"}
"""Faults excluded by others: a weak key by a missing one, E012 by E011."""


@pytest.fixture
def production(settings, monkeypatch):
    """Apply safe production settings."""
    monkeypatch.setattr(type(connections["default"]), "vendor", "postgresql")
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.SECRET_KEY_IS_MISSING = False
    settings.SECRET_KEY = secrets.token_urlsafe(64)
    settings.JWT_SIGNING_KEY = secrets.token_hex(64)
    settings.DIIP_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    settings.ALLOWED_HOSTS = ["diip.my.org"]
    settings.NUM_PROXIES = 1
    settings.HTTPS = True
    settings.DATABASES = {"default": {"HOST": "db", "PASSWORD": secrets.token_hex(16)}}
    settings.REDIS_URL = f"redis://:{secrets.token_hex(16)}@redis:6379/0"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DIIP_PRIVATE_HOSTS = ["github.corp.example:443", "[fd00::7]:8080", "127.0.0.1:9100"]
    settings.DIIP_METRICS_TOKEN = secrets.token_urlsafe(32)
    return settings


def database(**options) -> dict[str, dict[str, object]]:
    return {"default": {"HOST": "db", "PASSWORD": "", **options}}


def ids() -> set[str]:
    return {fault.id for fault in checks.check_production(None)}


def test_variable_with_old_name_prevents_the_start(settings, capsys):
    settings.OLD_VARIABLES = ["DIIP_RAW_DAYS"]

    with pytest.raises(SystemExit):
        checks.refuse_unsafe_start()

    assert "Set DIIP_RAW_PAGE_RETENTION_DAYS instead" in capsys.readouterr().err


def test_safe_settings_have_no_fault(production):
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
        ("DATABASES", database(), "diip.E011"),
        ("DATABASES", database(PASSWORD="postgres"), "diip.E011"),
        ("DATABASES", database(PASSWORD="Diip", HOST="127.0.0.1"), "diip.E011"),
        ("REDIS_URL", "redis://redis:6379/0", "diip.E013"),
        ("REDIS_URL", "rediss://:redis@127.0.0.1:6379/0", "diip.E013"),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "diip.E014"),
        ("DIIP_PRIVATE_HOSTS", ["*:443"], "diip.E015"),
        ("DIIP_PRIVATE_HOSTS", ["*.corp.example:443"], "diip.E015"),
        ("DIIP_PRIVATE_HOSTS", ["10.0.0.0/8:443"], "diip.E015"),
        ("DIIP_PRIVATE_HOSTS", ["ghe.corp.example"], "diip.E015"),
        ("DIIP_PRIVATE_HOSTS", ["169.254.169.254:80"], "diip.E015"),
        ("DIIP_PRIVATE_HOSTS", ["0.0.0.0:80"], "diip.E015"),
        ("DIIP_PRIVATE_HOSTS", ["redis:6379"], "diip.E015"),
        ("DIIP_PRIVATE_HOSTS", ["DB:5432"], "diip.E015"),
        ("DIIP_METRICS_TOKEN", "short", "diip.E016"),
        ("HTTPS", False, "diip.E017"),
    ],
)
def test_unsafe_setting_is_reported_with_its_fix(production, name, value, fault):
    setattr(production, name, value)

    assert ids() == {fault}
    assert all(found.hint for found in checks.check_production(None))


def test_one_key_for_two_purposes_is_a_fault(production):
    production.SECRET_KEY = production.JWT_SIGNING_KEY = SAME

    assert ids() == {"diip.E006"}


@pytest.fixture
def on_sqlite(production, monkeypatch):
    monkeypatch.setattr(type(connections["default"]), "vendor", "sqlite")
    return production


@pytest.mark.parametrize("broker", ["", "redis+socket:///run/b", "redis://127.0.0.1:6379/0"])
def test_sqlite_on_one_machine_is_a_warning(on_sqlite, broker):
    on_sqlite.REDIS_URL = broker

    assert ids() == {"diip.W001"}
    checks.refuse_unsafe_start()


def test_sqlite_behind_a_shared_broker_is_a_fault(on_sqlite):
    assert ids() == {"diip.E012"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASES", database(HOST="/run/postgresql")),
        ("DATABASES", database(HOST="127.0.0.1")),
        ("DATABASES", database(OPTIONS={"sslcert": "client.pem"})),
        ("REDIS_URL", "redis://127.0.0.1:6379/0"),
        ("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend"),
        ("DIIP_METRICS_TOKEN", ""),
        ("CORS_ALLOWED_ORIGINS", ["https://app.my.org"]),
    ],
)
def test_deliberate_setting_is_no_fault(production, name, value):
    setattr(production, name, value)

    assert ids() == set()


def test_plain_http_needs_explicit_permission(production):
    production.HTTPS = False
    production.PLAIN_HTTP_IS_WANTED = True

    assert ids() == set()


def test_refused_start_reports_all_faults(production, capsys):
    production.SECRET_KEY = production.JWT_SIGNING_KEY = "short"
    production.SECRET_KEY_IS_MISSING = True
    production.DIIP_ENCRYPTION_KEYS = []
    production.DEBUG = True
    production.ALLOWED_HOSTS = []
    production.CORS_ALLOWED_ORIGINS = ["*"]
    production.NUM_PROXIES = None
    production.DATABASES = database()
    production.REDIS_URL = "redis://redis/0"
    production.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    production.DIIP_PRIVATE_HOSTS = ["*:443"]
    production.DIIP_METRICS_TOKEN = "short"
    production.HTTPS = False
    expected = {f"diip.E{number:03}" for number in range(1, 18)} - NOT_TOGETHER

    with pytest.raises(SystemExit) as refusal:
        checks.refuse_unsafe_start()

    output = capsys.readouterr().err
    assert refusal.value.code == checks.EXIT_CODE
    assert set(re.findall(r"diip\.E\d{3}", output)) == expected
    assert len(re.findall(r"diip\.E\d{3}.*\n\tHINT: .", output)) == len(expected)


def test_development_needs_no_settings(settings):
    settings.PRODUCTION = False
    settings.ALLOWED_HOSTS = []

    assert ids() == set()
