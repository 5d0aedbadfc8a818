"""Purging what people removed: the rows of a large integration take longer than a request may.

Removing marks, and purges what can be purged while somebody waits; a sweep does the rest, in
short transactions, bounded by a deadline, going on where it was. What to delete is found through
the foreign keys that point here, so that apps above need no calling.
"""

import logging
import time
from collections.abc import Iterator

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from integrations.audit import record_on
from integrations.lifecycle import health
from integrations.models import Integration, SyncRun
from projects.models import Project

logger = logging.getLogger(__name__)

BATCH = 1000
PATIENCE = 2.0
"""Seconds that a request may spend on purging: enough for some thousands of issues."""


def remove_integration(*, integration: Integration, actor: User) -> None:
    """Its issues and their history, comments, labels, runs, logs and quarantine go with it.

    People stay until the project goes: another integration may know them too.
    """
    record_on(integration, actor, "integration.removed")
    logger.info("User %s removed integration %s.", actor.pk, integration.pk)
    stop_runs(integration)
    _purge(integration, time.monotonic() + PATIENCE)


def purge_removed(*, seconds: float) -> bool:
    """Delete what is marked, for about so long; True when nothing is left to do."""
    deadline = time.monotonic() + seconds
    marked = Q(removed_at__isnull=False) | Q(project__removed_at__isnull=False)
    for integration in Integration.objects.filter(marked):
        stop_runs(integration)
        if not _purge(integration, deadline):
            return False
    removed_projects = Project.objects.filter(removed_at__isnull=False)
    return all(_purge(project, deadline) for project in removed_projects)


def stop_runs(integration: Integration) -> None:
    """No page can be stored without its run: waits for the page under way, then lets none begin."""
    with transaction.atomic():
        runs = SyncRun.objects.filter(integration=integration)
        list(runs.select_for_update().order_by("pk").values_list("pk"))
        now = timezone.now()
        Integration.objects.filter(pk=integration.pk).update(removed_at=now, **health.paused(now))
        runs.delete()


def _purge(instance: models.Model, deadline: float) -> bool:
    for batch in _dependent_batches(instance):
        batch.delete()
        if time.monotonic() > deadline:
            return False
    logger.info("Purged %s %s.", instance._meta.model_name, instance.pk)
    instance.delete()
    return True


def _dependent_batches(instance: models.Model) -> Iterator[models.QuerySet[models.Model]]:
    for relation in instance._meta.related_objects:
        rows = relation.related_model._base_manager.all()  # noqa: SLF001 - its documented name
        those = rows.filter(**{relation.field.name: instance}).order_by("pk")
        while ids := list(those.values_list("pk", flat=True)[:BATCH]):
            yield rows.filter(pk__in=ids)
