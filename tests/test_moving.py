"""From SQLite to PostgreSQL by the documented commands: every row arrives as it was."""

from pathlib import Path

import psycopg
import pytest

from tests.installation import Installation

FILL = """
import django
django.setup()
from accounts.models import User
from tests.admin_rows import fill_rows
from tests.tenants import make_tenant
for name in ("ann", "bob"):
    fill_rows(make_tenant(User.objects.create_user(f"{name}@example.com", "correct horse 9")))
"""
DUMP = """
import django, sys
django.setup()
from django.apps import apps
from django.core import serializers
rows = [
    row
    for model in apps.get_models(include_auto_created=True)
    for row in model._base_manager.order_by("pk")
]
sys.stdout.write(serializers.serialize("json", rows, indent=1))
"""


@pytest.mark.e2e
def test_a_platform_moves_to_postgresql(tmp_path: Path, database_url: str | None) -> None:
    if not database_url:
        pytest.skip("no PostgreSQL here")
    old, new = Installation(tmp_path / "var", None), Installation(tmp_path / "var", database_url)
    for place in (old, new):
        place.must("manage.py", "migrate", "-v", "0")
    old.must("-c", FILL)

    copy = ("manage.py", "copy_from_sqlite", str(tmp_path / "var" / "diip.sqlite3"))
    told = new.must(*copy)

    assert "2 issues_issue" in told
    assert new.must("-c", DUMP) == old.must("-c", DUMP)
    with psycopg.connect(database_url) as database:
        statement = "SELECT count(*) FROM issues_issue WHERE search_terms @@ 'secret'::tsquery"
        assert database.execute(statement).fetchone() == (2,)
        statement = "INSERT INTO django_content_type (app_label, model) VALUES ('a', 'b')"
        database.execute(statement)  # the sequences go on behind what was copied
    again = new.run(*copy)
    assert again.returncode == 1
    assert "must be empty" in again.stderr


def test_nothing_is_copied_into_sqlite(tmp_path: Path) -> None:
    place = Installation(tmp_path, None)

    refused = place.run("manage.py", "copy_from_sqlite", str(tmp_path / "none"))

    assert refused.returncode == 1
    assert "Set DATABASE_URL" in refused.stderr
