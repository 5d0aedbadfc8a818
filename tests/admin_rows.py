"""One row, or a few, of every kind that the admin shows; secrets in every column for secrets."""

from datetime import date
from uuid import uuid4

from django.apps import apps
from django.utils import timezone

from accounts.audit import AuditRecord, record
from accounts.models import AttemptCounter, RefreshFamily
from analytics.models import (
    AlertChannel,
    AlertDelivery,
    AlertMessage,
    AnalyticsSummary,
    MailConfirmation,
)
from integrations.credentials import crypto
from integrations.fields import CiphertextField
from integrations.models import ApiLog, Integration, QuarantinedRecord, RawPage, WebhookDelivery
from monitoring.models import FailedTask, TaskTally
from tests.tenants import Tenant

PLANTED = "ghp_PlantedSecret0123456789"
PLANTED_ID = "planted-token-id"


def fill_rows(tenant: Tenant) -> None:
    """Everything that `make_tenant` leaves out, of this tenant."""
    now, name = timezone.now(), uuid4().hex
    integration = Integration.objects.get(pk=tenant.ids["integration_id"])
    own = {"integration": integration}
    ApiLog.objects.create(**own, provider="github", method="GET", endpoint="/x", duration_ms=1,
                          success=True)  # fmt: skip
    WebhookDelivery.objects.create(**own, delivery_id=name, event="issues", effect="issues")
    RawPage.objects.create(**own, feed="issues", body=PLANTED.encode(), size=9)
    QuarantinedRecord.objects.create(
        **own, feed="issues", source_id=name, reason="no date", raw=b"<b>\xff", raw_size=4
    )
    channel = AlertChannel.objects.get(pk=tenant.ids["channel_id"])
    message = AlertMessage.objects.create(
        alert_id=tenant.ids["alert_id"], channel=channel, event="opened", due_at=now
    )
    AlertDelivery.objects.create(message=message, success=True)
    MailConfirmation.objects.create(project=tenant.project, address="ann@example.com", site="x")
    AnalyticsSummary.objects.create(project=tenant.project, day=date(2026, 1, 1))
    FailedTask.objects.create(task="t", queue="sync", error="E")
    TaskTally.objects.create(minute=now, queue=name[:32], task="t")
    AttemptCounter.objects.create(key=PLANTED_ID + name[:30], last_at=now)
    RefreshFamily.objects.create(user=tenant.owner, current_jti=PLANTED_ID, expires_at=now)
    record(tenant.owner, AuditRecord("token.replaced", "integration 1", tenant.project.pk))


def plant_secrets() -> set[str]:
    """What no page may hold: the secrets, and what they look like in their columns."""
    planted = {PLANTED, PLANTED_ID}
    for model in apps.get_models():
        columns = [f.name for f in model._meta.concrete_fields if isinstance(f, CiphertextField)]
        for row in model._default_manager.all() if columns else ():
            secret = crypto.encrypt(PLANTED, row_id=row.pk)
            model._default_manager.filter(pk=row.pk).update(**dict.fromkeys(columns, secret))
            planted.add(secret)
    planted |= {str(pk) for pk in RefreshFamily.objects.values_list("pk", flat=True)}
    return planted
