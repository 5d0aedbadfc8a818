"""Map quarantined records again, after a fix."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from integrations.models import Integration
from issues.reprocess.quarantine_replay import replay_quarantine


class Command(BaseCommand):
    help = (
        "Tries every quarantined record again, without asking the tracker. What comes through is "
        "stored and leaves the quarantine; its comments and events are read again by the next sync."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--integration", type=int, help="Only this integration's records.")

    def handle(self, *args: object, integration: int | None, **options: object) -> None:
        chosen = Integration.objects.filter(quarantine__isnull=False).distinct()
        if integration is not None:
            chosen = chosen.filter(pk=integration)
            if not Integration.objects.filter(pk=integration).exists():
                raise CommandError(f"There is no integration {integration}.")
        for one in chosen:
            report = replay_quarantine(one)
            self.stdout.write(
                f"{one}: {report.stored} stored, {report.refused} still refused, "
                f"{report.cut} kept only in part, {report.not_issues} of no issue"
            )
        self.stdout.write("The quarantine has been gone through.")
