"""Migration of an installation from SQLite to PostgreSQL; see docs/operations.md."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.core.management.color import no_style
from django.db import connection, connections, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from accounts.models import User
from issues.models import Issue
from issues.store.search_index import index_issues
from projects.models import Project

T = TypeVar("T")
SOURCE = "sqlite_source"
ROWS = 500
"""Rows per statement; PostgreSQL allows 65,535 parameters."""


class Command(BaseCommand):
    help = (
        "Copies every row of a SQLite file into the PostgreSQL database of DATABASE_URL. The target"
        " must be migrated to the same version and empty. An error copies nothing. Stop DIIP first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="Path of the SQLite file, e.g. var/diip.sqlite3."
        )

    def handle(self, *args: object, file: Path, **options: object) -> None:
        refuse_wrong_target()
        open_source(file)
        refuse_other_version()
        with transaction.atomic():
            copied = {model._meta.db_table: copy_rows(model) for model in all_models()}
            index_all_issues()
            reset_sequences()
            refuse_missing_rows(copied)
        for table, count in copied.items():
            self.stdout.write(f"{count:>10,} {table}")
        self.stdout.write("Copied. Keep the file until you have checked the data.")


def refuse_wrong_target() -> None:
    if connection.vendor != "postgresql":
        raise CommandError("Set DATABASE_URL to the target PostgreSQL database.")
    if User.objects.exists() or Project.objects.exists():
        raise CommandError("The target must be empty, but it contains accounts or projects.")


def open_source(file: Path) -> None:
    if not file.is_file():
        raise CommandError(f"File not found: {file}.")
    source = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}
    known = connections.configure_settings({"default": {}, SOURCE: source})
    connections.databases[SOURCE] = known[SOURCE]


def refuse_other_version() -> None:
    theirs, ours = (
        set(MigrationRecorder(connections[alias]).applied_migrations())
        for alias in (SOURCE, "default")
    )
    if theirs != ours:
        different = ", ".join(sorted(".".join(each) for each in theirs ^ ours)[:5])
        raise CommandError(
            f"Migrate both databases to the same version first. Different: {different}."
        )


def all_models() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]


def every_row(model: type[models.Model], database: str) -> Any:
    """Return all rows, bypassing managers that hide some."""
    return models.QuerySet(model, using=database)


def copy_rows(model: type[models.Model]) -> int:
    """Copy rows unchanged, without `auto_now` or defaults; return their number.

    Foreign keys are checked at the end of the transaction.
    """
    source, target = every_row(model, SOURCE), every_row(model, "default")
    with connection.cursor() as cursor:  # rows created by `migrate` have other ids there
        cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
    fields = model._meta.local_concrete_fields
    copied = 0
    for batch in in_batches(source.order_by("pk").iterator(chunk_size=ROWS)):
        # As for fixtures; `bulk_create` would change the times.
        target._insert(batch, fields=fields, using="default", raw=True)  # noqa: SLF001
        copied += len(batch)
    return copied


def in_batches(rows: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, ROWS)):
        yield batch


def index_all_issues() -> None:
    """Fill the full-text search column, which exists only in PostgreSQL."""
    ids = Issue.objects.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=ROWS)
    for batch in in_batches(ids):
        index_issues(batch)


def reset_sequences() -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), all_models()):
            cursor.execute(statement)


def refuse_missing_rows(copied: dict[str, int]) -> None:
    for model in all_models():
        table = model._meta.db_table
        if every_row(model, "default").count() != copied[table]:
            raise CommandError(f"Row count of {table} differs from the number of copied rows.")
