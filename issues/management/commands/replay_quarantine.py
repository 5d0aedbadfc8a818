"""Command that retries quarantined records after a fix."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from integrations.models import Integration
from issues.reprocess.quarantine_replay import replay_quarantine


class Command(BaseCommand):
    help = (
        "Retry every quarantined record, without requests to the tracker. Mapped records are "
        "stored and leave the quarantine; the next sync reads their comments and events again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--integration", type=int, help="Only this integration's records.")

    def handle(self, *args: object, integration: int | None, **options: object) -> None:
        chosen = Integration.objects.filter(quarantine__isnull=False).distinct()
        if integration is not None:
            chosen = chosen.filter(pk=integration)
            if not Integration.objects.filter(pk=integration).exists():
                raise CommandError(f"Integration {integration} does not exist.")
        for one in chosen:
            report = replay_quarantine(one)
            self.stdout.write(
                f"{one}: {report.stored} stored, {report.refused} still rejected, "
                f"{report.cut} truncated, {report.not_issues} not an issue"
            )
        self.stdout.write("All quarantined records were retried.")
