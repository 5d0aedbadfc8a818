"""Deletion of old messages, and of alerts with their project."""

from dataclasses import replace
from datetime import timedelta

from analytics import tasks
from analytics.alerts import retention
from analytics.models import Alert, AlertChannel, AlertDelivery, AlertMessage, AlertRule
from analytics.tests.alerting import desk, hooks, webhook
from integrations.lifecycle.remove import purge_removed
from projects.services import remove_project

__all__ = ["desk", "hooks", "webhook"]

EVERYTHING = (Alert, AlertChannel, AlertRule, AlertMessage, AlertDelivery)


def counts() -> list[int]:
    return [model.objects.count() for model in (Alert, AlertMessage, AlertDelivery)]


def test_old_messages_are_deleted_but_alert_is_kept(webhook, monkeypatch):
    monkeypatch.setattr(retention, "KEPT", [replace(kept, batch=1) for kept in retention.KEPT])
    webhook.end(webhook.spike())
    spike = webhook.spike(series_kind="label", series_value="crash")
    webhook.turn()
    webhook.end(spike)
    webhook.turn()
    webhook.clock.shift(timedelta(days=29, hours=23))
    tasks.prune_alerts()
    assert counts() == [1, 2, 2]

    webhook.clock.shift(timedelta(hours=1, seconds=1))
    tasks.prune_alerts()

    assert counts() == [1, 0, 0]


def test_messages_of_open_alert_are_kept(webhook):
    spike = webhook.spike()
    webhook.turn()
    webhook.clock.shift(timedelta(days=40))

    tasks.prune_alerts()
    webhook.end(spike)
    webhook.turn()

    assert webhook.events() == ["opened", "resolved"]
    assert counts() == [1, 2, 1]


def test_deleting_project_deletes_alerts(webhook):
    webhook.spike()
    webhook.turn()
    assert all(model.objects.exists() for model in EVERYTHING)
    remove_project(project=webhook.project)

    assert purge_removed(seconds=10)

    assert not any(model.objects.exists() for model in EVERYTHING)


def test_removed_project_gets_no_messages(webhook):
    webhook.spike()
    webhook.check()
    remove_project(project=webhook.project)

    webhook.turn()

    assert webhook.hooks.received == []
