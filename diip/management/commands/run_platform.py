"""Command that runs all processes of DIIP in the foreground."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from diip.launcher.platform import Plan, run
from diip.launcher.supervisor import StartFailed


class Command(BaseCommand):
    help = (
        "Start broker (unless REDIS_URL is set), web, worker and beat together; stop with Ctrl-C."
    )
    requires_system_checks = "__all__"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"))
        parser.add_argument(
            "--simulator",
            type=int,
            default=0,
            metavar="ISSUES",
            help="also start the tracker simulator, with a repository of ISSUES issues",
        )
        parser.add_argument("--demo", action="store_true", help="show the demo (needs --simulator)")
        parser.add_argument("--once", action="store_true", help="stop after the demo")
        parser.add_argument("--verbose", action="store_true", help="show the processes' log lines")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = Plan(
            port=options["port"],
            is_verbose=options["verbose"],
            simulator_issues=options["simulator"],
            shows_demo=options["demo"],
            ends_after_demo=options["once"],
        )
        try:
            sys.exit(run(plan))
        except StartFailed as error:
            raise CommandError(str(error)) from error
