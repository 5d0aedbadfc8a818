"""Throw away what was worked out of one or all projects, and work it out anew."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics import services
from analytics.models import IssueFacts
from projects.models import Project


class Command(BaseCommand):
    help = (
        "Work out the numbers of a project anew, from its stored issues. Nothing is asked of any "
        "tracker. Cut off, it goes on by itself at the next sweep."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", type=int, help="its id; without: every project")

    def handle(self, *args: Any, **options: Any) -> None:
        projects = Project.objects.filter(removed_at=None)
        if options["project"] is not None:
            projects = projects.filter(pk=options["project"])
            if not projects.exists():
                raise CommandError(f"There is no project {options['project']}.")
        for project in projects.order_by("pk"):
            began = time.monotonic()
            services.rebuild(project.pk)
            issues = IssueFacts.objects.filter(project=project).count()
            seconds = time.monotonic() - began
            self.stdout.write(f"Project {project.pk}: {issues} issues in {seconds:.1f} s.")
