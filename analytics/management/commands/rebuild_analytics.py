"""Delete and recompute the analytics of one or all projects."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics import services
from analytics.models import IssueFacts
from projects.models import Project


class Command(BaseCommand):
    help = (
        "Recompute the analytics of a project from its stored issues. Sends no requests to "
        "trackers. If interrupted, the next sweep continues automatically."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", type=int, help="Id of the project. Default: all projects.")

    def handle(self, *args: Any, **options: Any) -> None:
        projects = Project.objects.filter(removed_at=None)
        if options["project"] is not None:
            projects = projects.filter(pk=options["project"])
            if not projects.exists():
                raise CommandError(f"Project {options['project']} does not exist.")
        for project in projects.order_by("pk"):
            began = time.monotonic()
            services.rebuild(project.pk)
            issues = IssueFacts.objects.filter(project=project).count()
            seconds = time.monotonic() - began
            self.stdout.write(f"Project {project.pk}: {issues} issues in {seconds:.1f} s.")
