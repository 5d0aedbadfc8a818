"""Fixtures for webhook deliveries to `integration`."""

import pytest

from integrations.models import Integration, IssueHint
from integrations.providers import registry
from integrations.tests.webhook_reader import FakeReader, Sender
from integrations.webhooks import receive
from issues import tasks


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    """Ids of the runs for which messages were sent."""
    ids: list[int] = []
    monkeypatch.setattr(
        tasks.advance_sync_run, "apply_async", lambda args, **options: ids.append(args[0])
    )
    return ids


@pytest.fixture
def deliver(integration, make_user, monkeypatch, sent) -> Sender:
    """Deliver as the tracker of `integration`: `deliver([("101", "#1")], delivery="d1")`."""
    monkeypatch.setattr(registry.PROVIDERS["github"], "webhooks", FakeReader())
    return sender_for(integration, make_user())


def sender_for(integration: Integration, actor) -> Sender:
    return Sender(integration, receive.renew_secret(integration=integration, actor=actor))


def hints() -> list[tuple[str, str]]:
    rows = IssueHint.objects.order_by("source_issue_id", "key")
    return list(rows.values_list("source_issue_id", "key"))
