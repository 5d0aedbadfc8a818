"""API of channels, rules and alerts. See `tests/url_table.py` for permissions."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.models import AlertChannel, AlertDelivery, AlertMessage, AlertRule
from analytics.tests.alerting import Desk, hooks
from analytics.tests.receiver import hang_up, reply
from projects.tests.people import Team, team

__all__ = ["hooks", "team"]


class Caller:
    """Client of a maintainer."""

    def __init__(self, team: Team, hooks) -> None:
        self.team, self.hooks = team, hooks
        self.client = team.call("maintainer")
        self.desk = Desk(team.project, team.owner, hooks, None)

    def url(self, path: str) -> str:
        return f"{self.team.url}alerts/{path}"

    def get(self, path: str = ""):
        return self.client.get(self.url(path))

    def post(self, path: str, body: object = None):
        return self.client.post(self.url(path), body or {})

    def patch(self, path: str, body: object):
        return self.client.patch(self.url(path), body)

    def make(self, kind: str = "webhook", **body: object):
        usual = {"recipients": ["ann@example.com"]} if kind == "email" else {"url": self.hooks.url}
        return self.post("channels/", {"kind": kind, "name": kind} | usual | body)


@pytest.fixture
def api(team, hooks, settings) -> Caller:
    settings.DIIP_PRIVATE_HOSTS = [hooks.address]
    return Caller(team, hooks)


def field_of(answer) -> str:
    return answer.json()["errors"][0]["field"]


# --- channels -----------------------------------------------------------------------------------


def test_new_webhook_shows_its_secret_once(api):
    made = api.make()

    shown = made.json()
    assert (made.status_code, shown["address"], shown["state"]) == (201, "127.0.0.1", "working")
    assert shown["secret"].startswith("whsec_")
    later = api.get(f"channels/{shown['id']}/").json()
    assert later == {name: shown[name] for name in shown if name != "secret"}


def test_email_channel_needs_only_recipients(api):
    made = api.make("email", recipients=["Ann@Example.COM", "ann@example.com", "b@example.com"])

    assert made.json()["recipients"] == ["ann@example.com", "b@example.com"]
    assert (made.json()["address"], made.json()["secret"]) == ("", "")


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("email", {"recipients": []}, "recipients"),
        ("email", {"recipients": ["ann"]}, "recipients"),
        ("email", {"recipients": ["Ann <ann@example.com>"]}, "recipients"),
        ("email", {"recipients": ["ann@example.com\nBcc: eve@example.com"]}, "recipients"),
        ("email", {"recipients": [f"a{n}@example.com" for n in range(11)]}, "recipients"),
        ("email", {"url": "https://example.com/"}, "url"),
        ("email", {"digest_seconds": 86_401}, "digest_seconds"),
        ("slack", {"recipients": ["ann@example.com"]}, "recipients"),
        ("slack", {"url": ""}, "url"),
        ("slack", {"url": "http://example.com/"}, "url"),
        ("slack", {"url": "https://10.0.0.1/"}, "url"),
        ("webhook", {"url": "https://169.254.169.254/latest/"}, "url"),
        ("webhook", {"url": "https://user:pw@example.com/"}, "url"),
        ("webhook", {"url": "file:///etc/passwd"}, "url"),
        ("webhook", {"name": ""}, "name"),
        ("pager", {}, "kind"),
    ],
)
def test_invalid_channel_is_rejected(api, kind, body, field):
    answer = api.make(kind, **body)

    assert (answer.status_code, field_of(answer).split(".")[0]) == (400, field)
    assert not AlertChannel.objects.exists()


def test_channel_requires_the_fields_of_its_kind(api):
    without = api.post("channels/", {"kind": "email", "name": "n"})
    nowhere = api.post("channels/", {"kind": "slack", "name": "n"})

    assert (field_of(without), field_of(nowhere)) == ("recipients", "url")


def test_duplicate_channel_name_is_rejected(api):
    api.make(name="One")
    other = api.make(name="Two").json()["id"]

    assert api.make(name="One").status_code == 409
    assert api.patch(f"channels/{other}/", {"name": "One"}).status_code == 409


def test_email_channel_without_mail_server_is_rejected(api, settings):
    settings.PRODUCTION = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

    answer = api.make("email")

    assert (answer.status_code, "EMAIL_URL" in answer.json()["detail"]) == (409, True)


def test_broken_channel_is_listed_and_enabled_again(api):
    channel = api.make().json()["id"]
    AlertChannel.objects.update(
        state="broken", state_message="Fix it.", failure_count=3, failing_since="2026-01-01T00:00Z"
    )
    [listed] = api.get("channels/").json()["results"]
    assert (listed["state"], listed["state_message"], listed["failure_count"]) == (
        "broken", "Fix it.", 3,
    )  # fmt: skip

    enabled = api.post(f"channels/{channel}/enable/").json()

    assert (enabled["state"], enabled["state_message"], enabled["failing_since"]) == (
        "working", "", None,
    )  # fmt: skip


@pytest.mark.parametrize("path", ["enable/", ""])
def test_disabled_channel_is_enabled(api, path):
    channel = api.make(enabled=False).json()["id"]
    change = api.patch if path == "" else api.post

    assert change(f"channels/{channel}/{path}", {"enabled": True}).json()["enabled"] is True


def test_renaming_keeps_the_failure_state(api):
    channel = api.make().json()["id"]
    AlertChannel.objects.update(state="broken")

    assert api.patch(f"channels/{channel}/", {"name": "New"}).json()["state"] == "broken"


def test_new_secret_is_shown_once_and_old_one_still_signs(api):
    made = api.make().json()

    renewed = api.post(f"channels/{made['id']}/secret/")

    assert (renewed.status_code, renewed.json()["previous_still_signs"]) == (201, True)
    assert renewed.json()["secret"] != made["secret"]


def test_only_webhooks_have_a_secret(api):
    slack = api.make("slack").json()["id"]

    assert api.post(f"channels/{slack}/secret/").status_code == 409


def test_channels_per_project_are_limited(api, monkeypatch):
    monkeypatch.setattr("analytics.alerts.channels.MOST_CHANNELS", 1)
    api.make()

    assert api.make(name="another").status_code == 409


def test_deleting_a_channel_deletes_its_messages(api):
    channel = api.make().json()["id"]
    api.post(f"channels/{channel}/test/")
    assert AlertDelivery.objects.exists()

    assert api.client.delete(api.url(f"channels/{channel}/")).status_code == 204

    assert not AlertMessage.objects.exists()


# --- test messages ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["webhook", "slack", "email"])
def test_test_message_arrives_at_once(api, kind):
    channel = api.make(kind).json()["id"]
    AlertChannel.objects.filter(kind="email").update(confirmed_recipients=["ann@example.com"])

    tried = api.post(f"channels/{channel}/test/")

    bodies = [one.body.decode() for one in api.hooks.received] + [one.body for one in mail.outbox]
    assert (tried.status_code, tried.json()["success"], tried.json()["reason"]) == (200, True, "")
    assert len(bodies) == 1
    assert "This is a test message" in bodies[0]


def test_delivered_test_message_clears_failures(api):
    channel = api.make().json()["id"]
    AlertChannel.objects.update(state="broken", failure_count=7)

    api.post(f"channels/{channel}/test/")

    shown = api.get(f"channels/{channel}/").json()
    assert (shown["state"], shown["failure_count"]) == ("working", 0)
    assert shown["last_success_at"]


@pytest.mark.parametrize("answer", [reply(500), reply(410), hang_up])
def test_failed_test_message_reports_cause_without_retry(api, answer):
    api.hooks.answers = [answer]
    channel = api.make().json()["id"]

    tried = api.post(f"channels/{channel}/test/").json()
    api.desk.deliver()

    assert (tried["success"], bool(tried["reason"])) == (False, True)
    assert len(api.hooks.received) == 1
    assert api.get(f"channels/{channel}/").json()["state"] == "working"


def test_test_messages_are_limited(api, settings):
    settings.DIIP_ATTEMPT_LIMITS = settings.DIIP_ATTEMPT_LIMITS | {
        "test_message": (2, settings.DIIP_ATTEMPT_LIMITS["test_message"][1])
    }
    channel = api.make().json()["id"]

    statuses = [api.post(f"channels/{channel}/test/").status_code for _ in range(3)]

    assert (statuses, len(api.hooks.received)) == ([200, 200, 429], 2)


def test_delivery_log_shows_every_attempt(api):
    channel = api.make().json()["id"]
    api.hooks.answers = [reply(500), reply()]
    for _ in range(2):
        api.post(f"channels/{channel}/test/")

    newest, oldest = api.get(f"channels/{channel}/deliveries/").json()["results"]

    assert (newest["success"], newest["status_code"], newest["event"]) == (True, 204, "test")
    assert (oldest["success"], oldest["status_code"], oldest["alert"]) == (False, 500, None)
    assert oldest["delivery_id"] == api.hooks.received[0].delivery_id


# --- rules --------------------------------------------------------------------------------------


def test_rule_is_created_changed_and_deleted(api):
    channel = api.make().json()["id"]
    made = api.post("rules/", {"name": "All", "channels": [channel]})
    assert (made.status_code, made.json()) == (201, {
        "id": made.json()["id"], "name": "All", "topics": ["spike", "integration"],
        "min_level": "alert", "series": [], "channels": [channel], "enabled": True,
    })  # fmt: skip
    path = f"rules/{made.json()['id']}/"

    changed = api.patch(path, {"channels": [], "series": ["project", "label:a b"]})

    assert (changed.json()["channels"], changed.json()["series"]) == ([], ["project", "label:a b"])
    assert api.get(path).json() == changed.json()
    assert api.client.delete(api.url(path)).status_code == 204


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channels": [999_999]}, "channels"),
        ({"channels": "all"}, "channels"),
        ({"topics": []}, "topics"),
        ({"topics": ["weather"]}, "topics"),
        ({"min_level": "panic"}, "min_level"),
        ({"series": ["labels:crash"]}, "series"),
        ({"series": ["label:"]}, "series"),
        ({"name": ""}, "name"),
    ],
)
def test_invalid_rule_is_rejected(api, body, field):
    answer = api.post("rules/", {"name": "R", "channels": []} | body)

    assert (answer.status_code, field_of(answer).split(".")[0]) == (400, field)
    assert not AlertRule.objects.exists()


def test_rule_with_channel_of_another_project_is_rejected(api, team):
    theirs = AlertChannel.objects.create(project=team.theirs, kind="slack", name="Theirs")

    answer = api.post("rules/", {"name": "R", "channels": [theirs.pk]})

    assert (answer.status_code, field_of(answer)) == (400, "channels")


def test_rule_names_are_unique_and_rules_are_limited(api, monkeypatch):
    monkeypatch.setattr("analytics.alerts.rules.MOST_RULES", 1)
    body = {"name": "R", "channels": []}
    api.post("rules/", body)

    assert api.post("rules/", body).status_code == 409
    monkeypatch.setattr("analytics.alerts.rules.MOST_RULES", 9)
    assert api.post("rules/", body).status_code == 409
    assert api.post("rules/", body | {"name": "S"}).status_code == 201


# --- alerts -------------------------------------------------------------------------------------


def test_alerts_are_listed_newest_first_and_filtered(api):
    spike = api.desk.spike()
    api.desk.integration()
    api.desk.check()

    listed = api.get().json()["results"]
    spikes = api.get("?topic=spike&state=open&level=alert").json()["results"]

    assert [one["topic"] for one in listed] == ["integration", "spike"]
    assert [one["subject"] for one in spikes] == [f"spike:{spike.pk}"]
    assert api.get("?state=resolved").json()["count"] == 0
    assert api.get("?state=lost").status_code == api.get("?colour=red").status_code == 400


def test_alert_shows_its_messages(api):
    channel = api.make().json()["id"]
    api.post("rules/", {"name": "R", "channels": [channel]})
    api.desk.spike()
    api.desk.check()
    api.desk.deliver()

    [message] = api.get(f"{api.desk.alert.pk}/").json()["messages"]

    assert (message["channel"], message["event"], message["state"]) == (channel, "opened", "sent")
    assert message["delivery_id"] == api.hooks.received[0].delivery_id


@pytest.mark.parametrize("path", ["", "channels/", "rules/", "channels/{}/deliveries/"])
def test_list_query_count_is_independent_of_rows(api, path, django_assert_num_queries):
    channel = api.make().json()["id"]

    def fill(number: int) -> None:
        api.make("email", name=f"n{number}")
        api.post("rules/", {"name": f"r{number}", "channels": [channel]})
        api.desk.spike(series_kind="label", series_value=f"l{number}")
        api.desk.check()
        api.post(f"channels/{channel}/test/")

    fill(0)
    with CaptureQueriesContext(connection) as one:
        api.get(path.format(channel))
    cost = len(one)
    for number in range(1, 5):
        fill(number)

    with django_assert_num_queries(cost):
        assert api.get(path.format(channel)).json()["count"] >= 5
