"""Alerts for expiring tokens, stopped reading and flapping states."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.alerts import outbox, sync_alerts
from analytics.models import Alert, AlertMessage
from analytics.tests.alerting import START, desk, hooks, webhook
from integrations.models import Integration

__all__ = ["desk", "hooks", "webhook"]

DAY = timedelta(days=1)


def well(webhook, **columns):
    usual = {"status_reason": "", "status_message": "", "last_success_at": START}
    return webhook.integration("healthy", **(usual | columns))


def turn_days(webhook, days):
    """Keep the integration synced, so that nothing else raises an alert."""
    for _ in range(days):
        webhook.clock.shift(DAY)
        Integration.objects.update(last_success_at=timezone.now())
        webhook.check()
        webhook.check()


def test_token_expiry_is_sent_at_30_14_7_and_1_days(webhook):
    well(webhook, token_expires_at=START + 32 * DAY)
    reasons = []
    for _ in range(34):
        turn_days(webhook, 1)
        reasons += Alert.objects.values_list("told_reason", flat=True)

    assert list(dict.fromkeys(reasons)) == [f"token_expires_in_{days}d" for days in (30, 14, 7, 1)]
    assert [event for event, _ in webhook.messages()] == ["opened", "updated", "updated", "updated"]
    assert webhook.alert.level == "alert"


def test_crash_before_commit_sends_nothing_twice(webhook, monkeypatch):
    well(webhook, token_expires_at=START + 20 * DAY)
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(outbox, "enqueue", lambda *_: (_ for _ in ()).throw(RuntimeError))
        webhook.check()
    assert not Alert.objects.exists()

    webhook.turn()
    webhook.turn()

    assert webhook.events() == ["opened"]


def test_concurrent_checks_send_expiry_once(webhook, monkeypatch):
    well(webhook, token_expires_at=START + 20 * DAY)
    projects = sync_alerts._projects_with_news()
    webhook.check()

    assert [sync_alerts.raise_in_project(each) for each in projects] == [0]
    assert AlertMessage.objects.count() == 1


def test_outage_does_not_repeat_expiry_alert(webhook):
    row = well(webhook, token_expires_at=START + 20 * DAY)
    webhook.check()
    here = Integration.objects.filter(pk=row.pk)
    here.update(status="degraded", status_reason="unavailable", status_since=START - DAY)
    webhook.check()
    here.update(status="healthy", status_reason="token_expires_soon")

    webhook.check()

    ends = AlertMessage.objects.filter(alert__subject_key__startswith="token:")
    assert [message.event for message in ends] == ["opened"]


def test_new_token_resolves_expiry_alert(webhook):
    well(webhook, token_expires_at=START + 6 * DAY)
    webhook.check()
    Integration.objects.update(token_expires_at=START + 90 * DAY)

    webhook.check()

    assert webhook.alert.state == "resolved"
    assert [event for event, _ in webhook.messages()] == ["opened", "resolved"]


def test_shared_token_sends_one_expiry_alert(webhook):
    for scope in ("octo/a", "octo/b"):
        well(webhook, scope=scope, quota_key="same", token_expires_at=START + 6 * DAY)

    webhook.check()

    assert "GitHub octo/a" in webhook.alert.title
    assert "Also used by GitHub octo/b." in webhook.alert.body


def test_refused_shared_token_is_one_alert(webhook):
    for scope in ("octo/a", "octo/b"):
        webhook.integration(scope=scope, token_refused_at=START)

    webhook.check()

    assert webhook.alert.title == "Problem with GitHub octo/a"


def test_second_integration_alerts_after_first_gets_new_token(webhook):
    rows = [
        webhook.integration(scope=scope, token_refused_at=START) for scope in ("octo/a", "octo/b")
    ]
    webhook.check()
    Integration.objects.filter(pk=rows[0].pk).update(status="healthy", status_reason="")
    Integration.objects.filter(pk=rows[0].pk).update(last_success_at=START)

    webhook.check()

    assert dict(Alert.objects.values_list("title", "state")) == {
        "Problem with GitHub octo/a": "resolved",
        "Problem with GitHub octo/b": "open",
    }


def test_flapping_within_minutes_sends_at_most_one_alert(webhook):
    row = Integration.objects.filter(pk=well(webhook).pk)
    for _ in range(20):
        now = timezone.now()
        row.update(status="degraded", status_reason="unavailable", status_since=now)
        webhook.turn(minutes=5)
        now = timezone.now()
        row.update(status="healthy", status_reason="", status_since=now, last_success_at=now)
        webhook.turn(minutes=2)

    assert webhook.messages() == []


def test_stopped_reading_alerts_after_an_hour_with_reason(webhook):
    well(webhook, next_sync_at=START)
    webhook.turn(minutes=74)
    before = webhook.messages()

    webhook.turn(minutes=2)
    webhook.turn(minutes=2)
    Integration.objects.update(last_success_at=timezone.now())
    webhook.turn(minutes=1)

    assert before == []
    assert webhook.events() == ["opened", "resolved"]
    assert "did not start" in webhook.alert.body
