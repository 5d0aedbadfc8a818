"""Move stored secrets under the first key of DIIP_ENCRYPTION_KEYS."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from integrations.lifecycle import key_rotation


class Command(BaseCommand):
    help = (
        "Encrypts every stored secret anew under the first key of DIIP_ENCRYPTION_KEYS. May be "
        "stopped and repeated at any time. Afterwards the other keys can be taken off the list."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="Change nothing; fail while a key other than the first is in use.",
        )

    def handle(self, *args: object, check: bool, **options: object) -> None:
        report = key_rotation.count_keys() if check else key_rotation.rotate()
        self.stdout.write(
            f"under the first key: {report.current + report.rotated} ({report.rotated} moved now), "
            f"under a later key: {report.old}, under none: {report.unreadable}"
        )
        if report.unreadable:
            self.stderr.write(
                "What is under no key cannot be moved: put the former key back into "
                "DIIP_ENCRYPTION_KEYS, or enter those tokens again."
            )
        if report.old:
            raise CommandError("An older key is still in use: run rotate_keys before dropping it.")
