"""Make rows of every table with this tree's code."""

from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from accounts.models import MailAddress, MailCount, PendingAccount, Slot, User
from analytics.services import aggregate
from analytics.spikes.evaluation import evaluate_project
from integrations.credentials import crypto
from integrations.http import session
from integrations.http.transport import Environment
from integrations.lifecycle.key_rotation import check_keys
from integrations.models import Integration, IssueHint, SyncRun
from issues.models import CensusEntry, FormerKey, Issue, IssueChange, IssueLink
from projects.models import Membership
from simulator.server import TrackerServer
from tests.admin_rows import fill_rows
from tests.simulated_sync import make_desk
from tests.sync_truth import UNTIL
from tests.tenants import make_tenant
from tests.upgrade import EMAIL, PASSWORD

ISSUES = 25
"""Includes pull requests. Their raw pages are half of the recorded file."""


def fill_everything() -> None:
    user = User.objects.create_user(EMAIL, PASSWORD, username="Ann")
    for owner in (user, User.objects.create_user("bob@example.com", PASSWORD)):
        fill_rows(make_tenant(owner))
    integration = sync_repository()
    Membership.objects.create(project=integration.project, user=user, role="owner")
    aggregate(integration.project.pk)
    evaluate_project(integration.project)
    Integration.objects.filter(pk=integration.pk).update(
        webhook_ciphertext=crypto.encrypt("a webhook's secret", row_id=integration.pk)
    )
    check_keys()
    fill_history(integration)
    fill_accounts()
    fill_django(user)


def sync_repository() -> Integration:
    """Run a full sync and a census of a simulated repository."""
    session.Environment = lambda: Environment(sleep=lambda _: None)  # type: ignore[misc]
    with TrackerServer(issues=5, until=UNTIL) as server:
        settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{server.port}"]
        desk = make_desk(server, ISSUES)
        assert [desk.sync().state, desk.sync("census").state] == ["succeeded", "succeeded"]
    return desk.integration


def fill_history(integration: Integration) -> None:
    """Add rows that syncs seldom leave."""
    first, second = Issue.objects.filter(integration=integration).order_by("pk")[:2]
    IssueLink.objects.create(
        issue=first, kind="blocks", source="text", target_ref=f"url:{second.url}", target=second
    )
    FormerKey.objects.create(issue=first, integration=integration, key="old#1")
    IssueHint.objects.create(integration=integration, key=second.key)
    run = SyncRun.objects.filter(integration=integration, kind="census").get()
    CensusEntry.objects.create(run=run, source_issue_id=first.source_issue_id, key=first.key)
    IssueChange.objects.create(project=integration.project, issue_ids=[first.pk, second.pk])


def fill_accounts() -> None:
    now = timezone.now()
    MailAddress.objects.create(key="k" * 64, asked=2, last_asked_at=now)
    MailCount.objects.create(key="all", day=now.date(), mails=3)
    PendingAccount.objects.create(email="eve@example.com", password="!", site="https://x.example")
    Slot.objects.create(name="export 1", holder=uuid4(), until=now + timedelta(hours=1))


def fill_django(user: User) -> None:
    """Add rows to the tables of Django's own apps."""
    group = Group.objects.create(name="Readers")
    group.permissions.set(Permission.objects.filter(codename__startswith="view_")[:2])
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=user, content_type=kind, object_id=str(user.pk), object_repr=EMAIL, action_flag=CHANGE
    )
    SessionStore().save()
