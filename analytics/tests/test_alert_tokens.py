"""Tokens that end, each step told once; reading that stopped; states that come and go."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.alerts import outbox, sync_alerts
from analytics.models import Alert, AlertMessage
from analytics.tests.alerting import START, desk, hooks, told
from integrations.models import Integration

__all__ = ["desk", "hooks", "told"]

DAY = timedelta(days=1)


def well(told, **columns):
    usual = {"status_reason": "", "status_message": "", "last_success_at": START}
    return told.integration("healthy", **(usual | columns))


def turn_days(told, days):
    """Synced all the while: nothing else is worth telling."""
    for _ in range(days):
        told.clock.shift(DAY)
        Integration.objects.update(last_success_at=timezone.now())
        told.look()
        told.look()


def test_end_of_a_token_is_told_at_30_14_7_and_1_days_and_no_more(told):
    well(told, token_expires_at=START + 32 * DAY)
    reasons = []
    for _ in range(34):
        turn_days(told, 1)
        reasons += Alert.objects.values_list("told_reason", flat=True)

    assert list(dict.fromkeys(reasons)) == [f"token_expires_in_{days}d" for days in (30, 14, 7, 1)]
    assert [event for event, _ in told.messages()] == ["opened", "updated", "updated", "updated"]
    assert told.alert.level == "alert"


def test_crash_between_deciding_and_writing_tells_nothing_twice(told, monkeypatch):
    well(told, token_expires_at=START + 20 * DAY)
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(outbox, "tell", lambda *_: (_ for _ in ()).throw(RuntimeError))
        told.look()
    assert not Alert.objects.exists()

    told.turn()
    told.turn()

    assert told.events() == ["opened"]


def test_two_who_look_at_once_tell_it_once(told, monkeypatch):
    well(told, token_expires_at=START + 20 * DAY)
    projects = sync_alerts._projects_with_news()
    told.look()

    assert [sync_alerts.raise_in_project(each) for each in projects] == [0]
    assert AlertMessage.objects.count() == 1


def test_outage_in_between_does_not_tell_the_end_again(told):
    row = well(told, token_expires_at=START + 20 * DAY)
    told.look()
    here = Integration.objects.filter(pk=row.pk)
    here.update(status="degraded", status_reason="unavailable", status_since=START - DAY)
    told.look()
    here.update(status="healthy", status_reason="token_expires_soon")

    told.look()

    ends = AlertMessage.objects.filter(alert__subject_key__startswith="token:")
    assert [message.event for message in ends] == ["opened"]


def test_new_token_withdraws_it(told):
    well(told, token_expires_at=START + 6 * DAY)
    told.look()
    Integration.objects.update(token_expires_at=START + 90 * DAY)

    told.look()

    assert told.alert.state == "resolved"
    assert [event for event, _ in told.messages()] == ["opened", "resolved"]


def test_token_of_several_integrations_is_told_once(told):
    for scope in ("octo/a", "octo/b"):
        well(told, scope=scope, quota_key="same", token_expires_at=START + 6 * DAY)

    told.look()

    assert "GitHub octo/a" in told.alert.title
    assert "It serves GitHub octo/b, too." in told.alert.body


def test_refused_token_of_several_integrations_is_one_alert(told):
    for scope in ("octo/a", "octo/b"):
        told.integration(scope=scope, token_refused_at=START)

    told.look()

    assert told.alert.title == "Trouble with GitHub octo/a"


def test_other_one_of_a_refused_token_is_told_when_only_the_first_got_a_new_one(told):
    rows = [told.integration(scope=scope, token_refused_at=START) for scope in ("octo/a", "octo/b")]
    told.look()
    Integration.objects.filter(pk=rows[0].pk).update(status="healthy", status_reason="")
    Integration.objects.filter(pk=rows[0].pk).update(last_success_at=START)

    told.look()

    assert dict(Alert.objects.values_list("title", "state")) == {
        "Trouble with GitHub octo/a": "resolved",
        "Trouble with GitHub octo/b": "open",
    }


def test_coming_and_going_within_minutes_is_told_once_at_most(told):
    row = Integration.objects.filter(pk=well(told).pk)
    for _ in range(20):
        now = timezone.now()
        row.update(status="degraded", status_reason="unavailable", status_since=now)
        told.turn(minutes=5)
        now = timezone.now()
        row.update(status="healthy", status_reason="", status_since=now, last_success_at=now)
        told.turn(minutes=2)

    assert told.messages() == []


def test_reading_that_stopped_is_told_after_an_hour_with_its_reason(told):
    well(told, next_sync_at=START)
    told.turn(minutes=74)
    before = told.messages()

    told.turn(minutes=2)
    told.turn(minutes=2)
    Integration.objects.update(last_success_at=timezone.now())
    told.turn(minutes=1)

    assert before == []
    assert told.events() == ["opened", "resolved"]
    assert "did not start" in told.alert.body
