"""What is forgotten, and what goes with its project."""

from dataclasses import replace
from datetime import timedelta

from analytics import tasks
from analytics.alerts import retention
from analytics.models import Alert, AlertChannel, AlertDelivery, AlertMessage, AlertRule
from analytics.tests.alerting import desk, hooks, told
from integrations.lifecycle.remove import purge_removed
from projects.services import remove_project

__all__ = ["desk", "hooks", "told"]

EVERYTHING = (Alert, AlertChannel, AlertRule, AlertMessage, AlertDelivery)


def counts() -> list[int]:
    return [model.objects.count() for model in (Alert, AlertMessage, AlertDelivery)]


def test_what_is_over_for_long_is_forgotten_but_for_the_alert(told, monkeypatch):
    monkeypatch.setattr(retention, "KEPT", [replace(kept, batch=1) for kept in retention.KEPT])
    told.end(told.spike())
    spike = told.spike(series_kind="label", series_value="crash")
    told.turn()
    told.end(spike)
    told.turn()
    told.clock.shift(timedelta(days=29, hours=23))
    tasks.prune_alerts()
    assert counts() == [1, 2, 2]

    told.clock.shift(timedelta(hours=1, seconds=1))
    tasks.prune_alerts()

    assert counts() == [1, 0, 0]


def test_what_lasts_keeps_its_thread(told):
    spike = told.spike()
    told.turn()
    told.clock.shift(timedelta(days=40))

    tasks.prune_alerts()
    told.end(spike)
    told.turn()

    assert told.events() == ["opened", "resolved"]
    assert counts() == [1, 2, 1]


def test_everything_goes_with_the_project(told):
    told.spike()
    told.turn()
    assert all(model.objects.exists() for model in EVERYTHING)
    remove_project(project=told.project)

    assert purge_removed(seconds=10)

    assert not any(model.objects.exists() for model in EVERYTHING)


def test_a_removed_project_is_told_nothing(told):
    told.spike()
    told.look()
    remove_project(project=told.project)

    told.turn()

    assert told.hooks.received == []
