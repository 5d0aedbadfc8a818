"""Search for a planted URL and key everywhere except in their encrypted column."""

import pytest
from django.apps import apps
from rest_framework.test import APIClient

from analytics.alerts import channel_secrets
from analytics.alerts.channels import Given
from analytics.models import AlertChannel
from analytics.tests.alerting import desk, hooks
from analytics.tests.receiver import hang_up, reply

__all__ = ["desk", "hooks"]

PLANTED = "T0000PLANTEDq7wkz0secret"


@pytest.fixture
def planted(desk, caplog):
    """Create a channel that has had every kind of error."""
    caplog.set_level("DEBUG")
    client = api(desk)
    body = {"kind": "webhook", "name": "Hook", "url": f"{desk.hooks.url}/{PLANTED}?k={PLANTED}"}
    made = client.post(url(desk, "channels/"), body)
    assert made.status_code == 201
    assert PLANTED not in made.content.decode()
    desk.rule(AlertChannel.objects.get())
    desk.spike()
    desk.hooks.answers = [hang_up, reply(302, location=body["url"]), reply(500), reply()]
    for _ in range(4):
        desk.turn(hours=2)
    assert len(desk.hooks.received) == 4
    return made.json()["secret"]


def api(desk):
    client = APIClient()
    client.force_authenticate(desk.owner)
    return client


def url(desk, path: str) -> str:
    return f"/api/projects/{desk.project.pk}/alerts/{path}"


def test_secret_is_in_no_response(desk, planted):
    channel = AlertChannel.objects.get()
    paths = ("", f"{desk.alert.pk}/", "channels/", "rules/", f"channels/{channel.pk}/deliveries/")

    for path in (*paths, f"channels/{channel.pk}/"):
        answer = api(desk).get(url(desk, path))
        assert answer.status_code == 200
        for secret in (PLANTED, planted, channel.secret_ciphertext):
            assert secret not in answer.content.decode()


def test_secret_is_on_no_admin_page(desk, planted, client, make_user):
    client.force_login(make_user("admin@example.com", role="admin"))
    channel = AlertChannel.objects.get()

    for model, pk in (
        ("alertchannel", channel.pk),
        ("alertmessage", None),
        ("alert", desk.alert.pk),
    ):
        for path in (f"{model}/", f"{model}/{pk}/change/"):
            page = client.get(f"/admin/analytics/{path}", follow=True)
            assert page.status_code == 200
            assert PLANTED not in page.content.decode()
            assert channel.secret_ciphertext not in page.content.decode()


def test_secret_is_in_no_row_and_no_log(planted, caplog):
    stored = [str(row) for model in apps.get_models() for row in model.objects.values()]

    logged = [record.getMessage() for record in caplog.get_records("setup")]

    assert logged
    assert len(stored) > 5
    assert not [row for row in (*stored, *logged) if PLANTED in row or planted in row]
    assert PLANTED in channel_secrets.read(AlertChannel.objects.get()).url


@pytest.mark.parametrize(
    "address", [f"https://10.0.0.1/{PLANTED}", f"nonsense {PLANTED}", f"https://a:{PLANTED}@b.c/"]
)
def test_secret_is_in_no_error(desk, caplog, address):
    caplog.set_level("DEBUG")
    body = {"kind": "slack", "name": "Hook", "url": address}

    refused = api(desk).post(url(desk, "channels/"), body)

    assert refused.status_code == 400
    assert PLANTED not in refused.content.decode() + caplog.text


def test_secret_is_in_no_repr(desk, planted):
    channel = AlertChannel.objects.get()
    carriers = [channel_secrets.read(channel), Given({}, PLANTED), channel]

    for carrier in carriers:
        assert PLANTED not in repr(carrier) + str(carrier)


def test_ciphertext_of_another_row_cannot_be_read(desk, planted):
    other = desk.channel()
    other.secret_ciphertext = AlertChannel.objects.order_by("pk").first().secret_ciphertext

    with pytest.raises(channel_secrets.AddressUnreadable):
        channel_secrets.read(other)
