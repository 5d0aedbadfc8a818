"""Opening, updating and resolving alerts."""

from datetime import timedelta

import pytest

from analytics import tasks
from analytics.models import Alert, AlertMessage, Spike
from analytics.tests.alerting import DAY, START, desk, hooks, webhook
from integrations.models import Integration

__all__ = ["desk", "hooks", "webhook"]


def test_spike_opens_and_resolves_an_alert(webhook):
    spike = webhook.spike()

    webhook.check()
    webhook.end(spike)
    webhook.check()

    assert webhook.alert.subject_key == f"spike:{spike.pk}"
    assert (webhook.alert.state, webhook.alert.revision, webhook.alert.resolved_at) == (
        "resolved", 2, START,
    )  # fmt: skip
    assert [event for event, _ in webhook.messages()] == ["opened", "resolved"]


def test_repeated_check_changes_nothing(webhook):
    webhook.spike()
    webhook.integration()
    webhook.check()
    before = list(Alert.objects.values()), list(AlertMessage.objects.values())

    webhook.check()

    assert (list(Alert.objects.values()), list(AlertMessage.objects.values())) == before
    assert len(before[0]) == 2


def test_check_without_changes_costs_three_queries(webhook, django_assert_num_queries):
    webhook.spike()
    webhook.integration()
    webhook.check()

    with django_assert_num_queries(3):
        webhook.check()


def test_new_spike_alerts_before_the_next_check(webhook):
    spike = webhook.spike()

    tasks.notify_spike(spike.pk)
    tasks.notify_spike(spike.pk)
    tasks.notify_spike(0)

    assert webhook.messages() == [("opened", "due")]


def test_spike_that_ended_before_check_is_not_sent(webhook):
    webhook.end(webhook.spike())

    webhook.check()

    assert not Alert.objects.exists()


def test_earlier_start_of_spike_keeps_the_alert(webhook):
    webhook.spike()
    webhook.check()
    Spike.objects.update(first_day=DAY - timedelta(days=1))

    webhook.check()

    assert (webhook.alert.state, webhook.messages()) == ("open", [("opened", "due")])


def test_withdrawn_spike_resolves_the_alert(webhook):
    webhook.spike()
    webhook.check()
    Spike.objects.all().delete()

    webhook.check()

    assert webhook.alert.state == "resolved"


def test_alert_contains_spike_explanation(webhook):
    webhook.spike(
        explanation={"summary": "More than usual: label crash\non start (5 of 9 issues)."}
    )

    webhook.check()

    assert webhook.alert.body.endswith(
        "8 people opened 11 issues. Expected: 2.0 (0 to 5) people. "
        "More than usual: label crash on start (5 of 9 issues)."
    )


def test_resolved_spike_is_not_opened_again(webhook):
    spike = webhook.spike()
    webhook.check()
    webhook.end(spike)
    webhook.check()
    Spike.objects.update(ended_at=None)

    webhook.check()

    assert (webhook.alert.state, len(webhook.messages())) == ("resolved", 2)


@pytest.mark.parametrize(
    ("change", "is_sent"),
    [
        ({"observed_reporters": 9, "observed_issues": 30}, False),
        ({"observed_reporters": 15}, False),
        ({"observed_reporters": 16}, True),
        ({"level": "alert"}, True),
        ({"last_day": DAY + timedelta(days=1), "observed_reporters": 16}, False),
        ({"last_day": DAY + timedelta(days=1), "observed_reporters": 32}, True),
    ],
)
def test_only_clear_worsening_sends_an_update(webhook, change, is_sent):
    webhook.spike(level="notice")
    webhook.check()
    Spike.objects.update(**change)

    webhook.check()

    assert (webhook.alert.revision == 2) is is_sent
    assert len(webhook.messages()) == 1 + is_sent
    assert str(Spike.objects.get().observed_reporters) in webhook.alert.body


def test_growth_is_measured_from_last_message(webhook):
    webhook.spike(observed_reporters=8)
    webhook.check()
    for reporters in (15, 16, 31, 32):
        Spike.objects.update(observed_reporters=reporters)
        webhook.check()

    assert (webhook.alert.revision, webhook.alert.told_size) == (3, 32)


def test_level_never_falls(webhook):
    webhook.spike(level="alert")
    webhook.check()
    Spike.objects.update(level="notice", observed_reporters=99)

    webhook.check()

    assert (webhook.alert.level, webhook.alert.revision) == ("alert", 2)


def test_each_series_has_its_own_alert(webhook):
    webhook.spike()
    webhook.spike(series_kind="label", series_value="crash")

    webhook.check()

    assert [(one.series, "label crash" in one.title) for one in Alert.objects.order_by("pk")] == [
        ("project", False), ("label:crash", True),
    ]  # fmt: skip


# --- integrations -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason", "since", "level"),
    [
        ("needs_attention", "auth", 0, "alert"),
        ("disabled", "key_unknown", 0, "alert"),
        ("degraded", "unavailable", 61, "alert"),
        ("healthy", "unavailable", 0, None),
        ("healthy", "token_expires_soon", 0, None),
        ("degraded", "unavailable", 59, None),
        ("disabled", "paused", 999, None),
        ("throttled", "rate_limited", 999, None),
        ("healthy", "", 999, None),
    ],
)
def test_lasting_problem_opens_an_alert(webhook, status, reason, since, level):
    began = START - timedelta(minutes=since)
    webhook.integration(status, status_reason=reason, status_since=began)

    webhook.check()

    assert list(Alert.objects.values_list("level", flat=True)) == ([level] if level else [])


def test_alert_contains_the_fix(webhook):
    webhook.integration()

    webhook.check()

    assert webhook.alert.title == "Problem with GitHub octo/hello"
    assert webhook.alert.body.startswith("The token is refused. Enter a new token")


def test_new_reason_sends_an_update(webhook):
    webhook.integration("needs_attention", status_reason="not_found")
    webhook.check()
    Integration.objects.update(status="needs_attention", status_reason="auth")

    webhook.check()

    assert (webhook.alert.level, webhook.alert.revision) == ("alert", 2)
    assert [event for event, _ in webhook.messages()] == ["opened", "updated"]


@pytest.mark.parametrize(
    ("status", "reason", "is_over"),
    [
        ("healthy", "", True),
        ("disabled", "paused", True),
        ("throttled", "rate_limited", False),
        ("degraded", "unavailable", False),
    ],
)
def test_healthy_or_paused_integration_resolves_alert(webhook, status, reason, is_over):
    webhook.integration()
    webhook.check()
    Integration.objects.update(status=status, status_reason=reason)

    webhook.check()

    assert (webhook.alert.state == "resolved") is is_over
    assert len(webhook.messages()) == 1 + is_over


def test_next_problem_is_another_alert(webhook):
    webhook.integration()
    webhook.check()
    Integration.objects.update(status="healthy", status_reason="")
    webhook.check()
    Integration.objects.update(status="needs_attention", status_reason="auth")

    webhook.check()

    assert list(Alert.objects.order_by("pk").values_list("state", flat=True)) == [
        "resolved", "open",
    ]  # fmt: skip


def test_removed_integration_resolves_alert(webhook):
    webhook.integration()
    webhook.check()
    Integration.objects.update(removed_at=START)

    webhook.check()

    assert webhook.alert.state == "resolved"


def test_removed_project_is_not_checked(webhook):
    webhook.spike()
    type(webhook.project).objects.update(removed_at=START)

    webhook.check()

    assert not Alert.objects.exists()


# --- rules --------------------------------------------------------------------------------------


def test_alert_without_rule_is_listed_but_not_sent(desk):
    desk.channel()
    desk.spike()

    desk.check()

    assert (desk.alert.state, desk.messages()) == ("open", [])


@pytest.mark.parametrize(
    ("columns", "is_sent"),
    [
        ({}, True),
        ({"topics": ["integration"]}, False),
        ({"min_level": "alert"}, False),
        ({"series": ["label:crash"]}, True),
        ({"series": ["project", "label:other"]}, False),
        ({"enabled": False}, False),
    ],
)
def test_rule_filters_alerts(desk, columns, is_sent):
    desk.rule(desk.channel(), **columns)
    desk.spike(series_kind="label", series_value="crash", level="notice")

    desk.check()

    assert len(desk.messages()) == is_sent


def test_several_rules_send_once_per_channel(desk):
    channel = desk.channel()
    desk.rule(channel)
    desk.rule(channel)
    desk.spike()

    desk.check()

    assert desk.messages() == [("opened", "due")]


def test_resolution_goes_to_the_notified_channels(desk):
    rule = desk.rule(desk.channel())
    spike = desk.spike()
    desk.check()
    rule.delete()
    desk.rule(desk.channel())
    desk.end(spike)

    desk.check()

    first, last = AlertMessage.objects.order_by("pk")
    assert (last.event, last.channel_id) == ("resolved", first.channel_id)


def test_disabled_channel_gets_nothing(desk):
    desk.rule(desk.channel(enabled=False))
    desk.spike()

    desk.check()

    assert desk.messages() == []
