"""Re-encrypt stored secrets with the first key of DIIP_ENCRYPTION_KEYS."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from integrations.lifecycle import key_rotation


class Command(BaseCommand):
    help = (
        "Re-encrypts every stored secret with the first key of DIIP_ENCRYPTION_KEYS. You can "
        "stop and repeat it at any time. Afterwards you can remove the other keys from the list."
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
            f"first key: {report.current + report.rotated} ({report.rotated} re-encrypted now), "
            f"later key: {report.old}, unreadable: {report.unreadable}"
        )
        if report.unreadable:
            self.stderr.write(
                "No key can read the unreadable secrets: put the former key back into "
                "DIIP_ENCRYPTION_KEYS, or enter those tokens again."
            )
        if report.old:
            raise CommandError(
                "An older key is still in use: run rotate_keys before you remove it."
            )
