"""What becomes an alert, what is news of it, and when it is over."""

from datetime import timedelta

import pytest

from analytics import tasks
from analytics.models import Alert, AlertMessage, Spike
from analytics.tests.alerting import DAY, START, desk, hooks, told
from integrations.models import Integration

__all__ = ["desk", "hooks", "told"]


def test_a_spike_is_an_alert_while_it_lasts(told):
    spike = told.spike()

    told.look()
    told.end(spike)
    told.look()

    assert told.alert.subject_key == f"spike:{spike.pk}"
    assert (told.alert.state, told.alert.revision, told.alert.resolved_at) == (
        "resolved", 2, START,
    )  # fmt: skip
    assert [event for event, _ in told.messages()] == ["opened", "resolved"]


def test_looking_again_changes_nothing(told):
    told.spike()
    told.integration()
    told.look()
    before = list(Alert.objects.values()), list(AlertMessage.objects.values())

    told.look()

    assert (list(Alert.objects.values()), list(AlertMessage.objects.values())) == before
    assert len(before[0]) == 2


def test_looking_where_nothing_is_new_costs_three_queries(told, django_assert_num_queries):
    told.spike()
    told.integration()
    told.look()

    with django_assert_num_queries(3):
        told.look()


def test_one_spike_is_told_without_waiting_for_the_next_look(told):
    spike = told.spike()

    tasks.notify_spike(spike.pk)
    tasks.notify_spike(spike.pk)
    tasks.notify_spike(0)

    assert told.messages() == [("opened", "due")]


def test_a_spike_that_was_over_before_anybody_looked_is_not_told(told):
    told.end(told.spike())

    told.look()

    assert not Alert.objects.exists()


def test_a_spike_that_turns_out_to_have_begun_earlier_is_the_same_alert(told):
    told.spike()
    told.look()
    Spike.objects.update(first_day=DAY - timedelta(days=1))

    told.look()

    assert (told.alert.state, told.messages()) == ("open", [("opened", "due")])


def test_a_spike_that_is_taken_back_is_over(told):
    told.spike()
    told.look()
    Spike.objects.all().delete()

    told.look()

    assert told.alert.state == "resolved"


def test_an_alert_says_what_moved_the_spike(told):
    told.spike(explanation={"summary": "More than usual: label crash\non start (5 of 9 issues)."})

    told.look()

    assert told.alert.body.endswith(
        "8 people opened 11 issues. Expected: 2.0 (0 to 5) people. "
        "More than usual: label crash on start (5 of 9 issues)."
    )


def test_a_spike_that_was_over_is_not_opened_again(told):
    spike = told.spike()
    told.look()
    told.end(spike)
    told.look()
    Spike.objects.update(ended_at=None)

    told.look()

    assert (told.alert.state, len(told.messages())) == ("resolved", 2)


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        ({"observed_reporters": 9, "observed_issues": 30}, False),
        ({"observed_reporters": 15}, False),
        ({"observed_reporters": 16}, True),
        ({"level": "alert"}, True),
        ({"last_day": DAY + timedelta(days=1), "observed_reporters": 16}, False),
        ({"last_day": DAY + timedelta(days=1), "observed_reporters": 32}, True),
    ],
)
def test_only_what_is_clearly_worse_is_told_again(told, change, is_told):
    told.spike(level="notice")
    told.look()
    Spike.objects.update(**change)

    told.look()

    assert (told.alert.revision == 2) is is_told
    assert len(told.messages()) == 1 + is_told
    assert str(Spike.objects.get().observed_reporters) in told.alert.body


def test_growth_is_measured_from_what_was_told_last(told):
    told.spike(observed_reporters=8)
    told.look()
    for reporters in (15, 16, 31, 32):
        Spike.objects.update(observed_reporters=reporters)
        told.look()

    assert (told.alert.revision, told.alert.told_size) == (3, 32)


def test_a_level_never_falls(told):
    told.spike(level="alert")
    told.look()
    Spike.objects.update(level="notice", observed_reporters=99)

    told.look()

    assert (told.alert.level, told.alert.revision) == ("alert", 2)


def test_series_have_alerts_of_their_own(told):
    told.spike()
    told.spike(series_kind="label", series_value="crash")

    told.look()

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
def test_trouble_that_does_not_mend_itself_is_told(told, status, reason, since, level):
    began = START - timedelta(minutes=since)
    told.integration(status, status_reason=reason, status_since=began)

    told.look()

    assert list(Alert.objects.values_list("level", flat=True)) == ([level] if level else [])


def test_an_alert_names_the_fix(told):
    told.integration()

    told.look()

    assert told.alert.title == "Trouble with GitHub octo/hello"
    assert told.alert.body.startswith("The token is refused. Enter a new token")


def test_another_reason_is_news(told):
    told.integration("needs_attention", status_reason="not_found")
    told.look()
    Integration.objects.update(status="needs_attention", status_reason="auth")

    told.look()

    assert (told.alert.level, told.alert.revision) == ("alert", 2)
    assert [event for event, _ in told.messages()] == ["opened", "updated"]


@pytest.mark.parametrize(
    ("status", "reason", "is_over"),
    [
        ("healthy", "", True),
        ("disabled", "paused", True),
        ("throttled", "rate_limited", False),
        ("degraded", "unavailable", False),
    ],
)
def test_an_integration_that_is_healthy_or_paused_resolves_it(told, status, reason, is_over):
    told.integration()
    told.look()
    Integration.objects.update(status=status, status_reason=reason)

    told.look()

    assert (told.alert.state == "resolved") is is_over
    assert len(told.messages()) == 1 + is_over


def test_the_next_trouble_is_another_alert(told):
    told.integration()
    told.look()
    Integration.objects.update(status="healthy", status_reason="")
    told.look()
    Integration.objects.update(status="needs_attention", status_reason="auth")

    told.look()

    assert list(Alert.objects.order_by("pk").values_list("state", flat=True)) == [
        "resolved", "open",
    ]  # fmt: skip


def test_what_is_removed_is_over(told):
    told.integration()
    told.look()
    Integration.objects.update(removed_at=START)

    told.look()

    assert told.alert.state == "resolved"


def test_a_removed_project_is_left_alone(told):
    told.spike()
    type(told.project).objects.update(removed_at=START)

    told.look()

    assert not Alert.objects.exists()


# --- rules --------------------------------------------------------------------------------------


def test_without_a_rule_nothing_is_told_and_the_alert_is_there(desk):
    desk.channel()
    desk.spike()

    desk.look()

    assert (desk.alert.state, desk.messages()) == ("open", [])


@pytest.mark.parametrize(
    ("columns", "is_told"),
    [
        ({}, True),
        ({"topics": ["integration"]}, False),
        ({"min_level": "alert"}, False),
        ({"series": ["label:crash"]}, True),
        ({"series": ["project", "label:other"]}, False),
        ({"enabled": False}, False),
    ],
)
def test_a_rule_says_what_is_told(desk, columns, is_told):
    desk.rule(desk.channel(), **columns)
    desk.spike(series_kind="label", series_value="crash", level="notice")

    desk.look()

    assert len(desk.messages()) == is_told


def test_several_rules_tell_a_channel_once(desk):
    channel = desk.channel()
    desk.rule(channel)
    desk.rule(channel)
    desk.spike()

    desk.look()

    assert desk.messages() == [("opened", "due")]


def test_the_end_is_told_where_the_beginning_was(desk):
    rule = desk.rule(desk.channel())
    spike = desk.spike()
    desk.look()
    rule.delete()
    desk.rule(desk.channel())
    desk.end(spike)

    desk.look()

    first, last = AlertMessage.objects.order_by("pk")
    assert (last.event, last.channel_id) == ("resolved", first.channel_id)


def test_a_channel_that_is_off_is_told_nothing(desk):
    desk.rule(desk.channel(enabled=False))
    desk.spike()

    desk.look()

    assert desk.messages() == []
