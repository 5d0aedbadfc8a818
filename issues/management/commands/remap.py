"""Command that maps stored pages again after a mapping fix, without requests."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone

from integrations.models import Integration
from issues.reprocess.remap import Report, remap
from issues.sync import feed_cursor


class Command(BaseCommand):
    help = (
        "Map stored pages again, without requests (DIIP_RAW_PAGE_RETENTION_DAYS). "
        "Safe to stop, to repeat and to run during syncs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--integration", type=int, help="Only this integration.")
        which.add_argument("--project", type=int, help="Only integrations of this project.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Report changes without making them."
        )
        parser.add_argument(
            "--refetch",
            action="store_true",
            help="Afterwards make the next sync refetch everything, also data not stored as pages.",
        )

    def handle(self, *args: object, **options: Any) -> None:
        found = list(_chosen(options).order_by("pk"))
        if not found:
            raise CommandError("No such integration.")
        for integration in found:
            self._remap(integration, options)

    def _remap(self, integration: Integration, options: dict[str, Any]) -> None:
        def report_progress(report: Report) -> None:
            self.stdout.write(f"  {report.pages} pages, {report.records} records")

        self.stdout.write(f"Integration {integration.pk} ({integration}):")
        report = remap(integration, report_progress, dry_run=options["dry_run"])
        changes = "would change" if options["dry_run"] else "changed"
        self.stdout.write(
            f"  {report.pages} pages, {report.records} records, {report.changed} rows {changes}, "
            f"{report.rejected} cannot be mapped"
        )
        for problem in report.unreadable:
            self.stderr.write(f"  {problem}")
        if report.missing:
            self.stdout.write(
                f"  The current version of {report.missing} of {report.present} issues is on no "
                "stored page. Use --refetch to refetch everything."
            )
        if options["refetch"] and not options["dry_run"]:
            feed_cursor.read_all_again(integration.pk)
            mine = Integration.objects.filter(pk=integration.pk).exclude(next_sync_at=None)
            mine.update(next_sync_at=timezone.now())
            self.stdout.write("  The next sync will refetch everything.")


def _chosen(options: dict[str, Any]) -> QuerySet[Integration]:
    present = Integration.objects.filter(removed_at=None, project__removed_at=None)
    if options["integration"]:
        return present.filter(pk=options["integration"])
    return present.filter(project=options["project"]) if options["project"] else present
