"""Remove integrations and purge their rows, which may take longer than one request.

Removing marks the row and purges as much as a request's time allows; a periodic task purges the
rest in short transactions up to a deadline. Dependent rows are found through foreign keys, so
that apps above need no call.
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
"""Seconds that a request may spend on purging: enough for some thousand issues."""


def remove_integration(*, integration: Integration, actor: User) -> None:
    """Remove an integration with its issues, history, comments, labels, runs and logs.

    Quarantined records are removed too. People stay until the project is removed: other
    integrations may refer to them.
    """
    record_on(integration, actor, "integration.removed")
    logger.info("User %s removed integration %s.", actor.pk, integration.pk)
    stop_runs(integration)
    _purge(integration, time.monotonic() + PATIENCE)


def purge_removed(*, seconds: float) -> bool:
    """Purge marked rows for about `seconds`; return True if none is left."""
    deadline = time.monotonic() + seconds
    marked = Q(removed_at__isnull=False) | Q(project__removed_at__isnull=False)
    for integration in Integration.objects.filter(marked):
        stop_runs(integration)
        if not _purge(integration, deadline):
            return False
    removed_projects = Project.objects.filter(removed_at__isnull=False)
    return all(_purge(project, deadline) for project in removed_projects)


def stop_runs(integration: Integration) -> None:
    """Wait for the page being stored, then delete the runs: no page is stored without one."""
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
