import io
import sys

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def named_in_environment(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Root@Example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse 9")


def test_reads_everything_from_the_environment(named_in_environment):
    call_command("createsuperuser", "--noinput", stdout=io.StringIO())

    root = User.objects.get(email="root@example.com")
    assert root.role == "admin"
    assert root.is_staff
    assert root.check_password("correct horse 9")


def test_second_run_reports_taken_address(named_in_environment):
    call_command("createsuperuser", "--noinput", stdout=io.StringIO())

    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", "--noinput", stdout=io.StringIO())


def test_prompts_for_missing_values(monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _: "Root@Example.com")
    monkeypatch.setattr("getpass.getpass", lambda *_: "correct horse 9")
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)

    call_command("createsuperuser", stdin=terminal, stdout=io.StringIO())

    assert User.objects.get().email == "root@example.com"
