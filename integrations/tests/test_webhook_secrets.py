"""A webhook's secret is shown once and stored only encrypted in its column."""

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.utils import timezone

from diip.common.errors import NotFound
from integrations.models import ApiLog, Integration, WebhookDelivery
from integrations.providers import registry
from integrations.tests.webhook_reader import FakeReader, Sender
from integrations.webhooks import deliveries, receive

API = ("", "integrations/", "integrations/{pk}/", "integrations/{pk}/webhook/", "syncs/")
ADMIN = ("integration/", "integration/{pk}/change/", "webhookdelivery/", "syncrun/", "apilog/")


@pytest.fixture
def integration(connect, monkeypatch) -> Integration:
    made = connect()
    monkeypatch.setattr(registry.PROVIDERS["github"], "webhooks", FakeReader())
    return made


@pytest.fixture
def url(team, integration) -> str:
    return f"{team.url}integrations/{integration.pk}/webhook/"


@pytest.fixture
def secrets(team, integration, url, caplog) -> list[str]:
    """Use two secrets with accepted, repeated, refused and unreadable deliveries."""
    caplog.set_level("DEBUG")
    made = [team.call("owner").post(url).json()["secret"] for _ in range(2)]
    deliver = Sender(integration, made[0])
    leak = {"X-Github-Encoded-Secret": made[1]}
    statuses = [
        deliver(headers=leak).status_code,
        deliver(headers=leak).status_code,
        deliver.post(b"rubbish", headers=leak).status_code,
        deliver.post(b"{}", headers=leak, secret="wrong").status_code,
    ]
    assert statuses == [202, 200, 400, 401]
    return made


def assert_absent(secrets: list[str], text: str) -> None:
    ciphertext = Integration.objects.get().webhook_ciphertext
    assert ciphertext
    assert not [one for one in (*secrets, ciphertext) if one in text]


def test_it_is_in_no_answer(team, integration, secrets):
    for path in API:
        answer = team.call("owner").get(team.url + path.format(pk=integration.pk))
        assert answer.status_code == 200
        assert_absent(secrets, answer.content.decode())


def test_it_is_on_no_admin_page(integration, secrets, client, make_user):
    client.force_login(make_user("admin@example.com", role="admin"))
    for path in ADMIN:
        page = client.get("/admin/integrations/" + path.format(pk=integration.pk))
        assert page.status_code == 200
        assert_absent(secrets, page.content.decode())


def test_it_is_in_no_row_and_no_log(integration, secrets, caplog):
    rows = [str(row) for model in apps.get_models() for row in model.objects.values()]
    lines = [str(vars(record)) for record in caplog.get_records("setup")]

    assert (len(rows) > 5, ApiLog.objects.exists(), len(lines) > 3) == (True, True, True)
    for one in secrets:
        assert not [line for line in lines if one in line]
        assert not [row for row in rows if one in row]
    assert receive.read_secrets(Integration.objects.get()) == secrets[::-1]


def test_new_secret_replaces_one_with_a_lost_key(team, url, secrets, settings, caplog):
    settings.DIIP_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    lost = team.call("owner").get(url).json()
    fresh = team.call("owner").post(url).json()

    assert (lost["is_on"], fresh["previous_still_valid"]) == (False, False)
    assert receive.read_secrets(Integration.objects.get()) == [fresh["secret"]]
    assert "webhook secrets" in caplog.text


def test_removed_integration_gets_none(integration, team):
    Integration.objects.update(removed_at=timezone.now())

    with pytest.raises(NotFound):
        receive.renew_secret(integration=integration, actor=team.owner)


def test_old_deliveries_are_deleted_in_batches(integration, monkeypatch):
    monkeypatch.setattr(deliveries, "DELIVERIES", replace(deliveries.DELIVERIES, batch=2))
    long_ago = timezone.now() - deliveries.COUNTED_PERIOD
    for number in range(6):
        WebhookDelivery.objects.create(
            integration=integration,
            delivery_id=number,
            event="issues",
            effect="issues",
            received_at=long_ago if number else timezone.now(),
        )

    assert [deliveries.prune(), deliveries.prune()] == [5, 0]
    assert WebhookDelivery.objects.get().delivery_id == "0"
