"""Audit trail of user actions on alerts and rules, with the old values."""

import pytest

from accounts.models import AuditEvent
from analytics.tests.alerting import hooks
from analytics.tests.test_alert_api import api
from projects.tests.people import team

__all__ = ["api", "hooks", "team"]


def newest() -> AuditEvent:
    return AuditEvent.objects.order_by("-id")[0]


def test_rule_change_is_audited_with_old_values(api) -> None:
    rule = api.post("rules/", {"name": "R", "channels": []}).json()["id"]
    made = newest()
    api.patch(f"rules/{rule}/", {"min_level": "notice", "name": "R"})
    changed = newest()
    api.client.delete(api.url(f"rules/{rule}/"))

    assert (made.action, made.details["after"]["min_level"]) == ("rule.created", "alert")
    assert changed.action == "rule.changed"
    assert changed.details == {"before": {"min_level": "alert"}, "after": {"min_level": "notice"}}
    assert (newest().action, newest().actor_name) == ("rule.removed", "maintainer@example.com")


@pytest.mark.parametrize(
    ("path", "body", "action", "column"),
    [
        ("mute/", {}, "alert.muted", "muted_at"),
        ("snooze/", {"until": "2100-01-01T00:00:00Z"}, "alert.snoozed", "snoozed_until"),
    ],
)
def test_user_action_on_alert_is_audited_with_its_time(api, path, body, action, column) -> None:
    api.desk.spike()
    api.desk.check()

    api.post(f"{api.desk.alert.pk}/{path}", body)

    line = newest()
    assert (line.action, line.project_id) == (action, api.team.project.pk)
    assert line.details["before"] == {column: None}
    assert line.details["after"][column]


def test_rejected_rule_is_not_audited(api) -> None:
    api.post("rules/", {"name": "R", "channels": [999_999]})

    assert not AuditEvent.objects.filter(action__startswith="rule.").exists()
