"""Rejected deliveries: one response, constant cost, no stored data."""

import hmac
import json
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.lifecycle import remove
from integrations.models import Integration, IssueHint, SyncRun, WebhookDelivery
from integrations.providers import registry
from integrations.tests.webhook_reader import sign
from integrations.webhooks import receive
from issues.tests.delivering import deliver, hints, sent
from projects.models import Project

__all__ = ["deliver", "sent"]

BODY = json.dumps({"issues": [["101", "#1"]]}).encode()
LARGEST_ID = 2**63 - 1


@pytest.fixture
def nothing_happens(deliver, sent):
    """Check afterwards that nothing was stored or sent."""
    yield
    stored = (WebhookDelivery.objects.count(), hints(), SyncRun.objects.count())
    assert (stored, sent) == ((0, [], 0), [])


def assert_refused(answer) -> None:
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer.json() == {
        "type": "urn:diip:problem:unauthenticated",
        "title": "Sign in first",
        "status": 401,
        "detail": receive.REFUSAL,
        "code": "unauthenticated",
    }


def refused_signatures() -> dict[str, dict[str, str]]:
    return {
        "none": {},
        "empty": {"X-Signature": ""},
        "of another secret": {"X-Signature": sign("another", BODY)},
        "of nothing": {"X-Signature": sign("", BODY)},
        "SHA-1 only": {"X-Hub-Signature": f"sha1={hmac.new(b's', BODY, 'sha1').hexdigest()}"},
        "not ASCII": {"X-Signature": "\xe9" * 64},
        "half a surrogate": {"X-Signature": "\ud800" * 64},
    }


@pytest.mark.parametrize("headers", refused_signatures().values(), ids=refused_signatures())
def test_delivery_without_a_valid_signature(deliver, nothing_happens, headers):
    answer = deliver.client.post(
        deliver.url, BODY, content_type="application/json", headers=headers
    )

    assert_refused(answer)


@pytest.mark.parametrize("place", ["unknown", "huge", "foreign provider", "no such provider"])
def test_delivery_to_the_wrong_address(deliver, nothing_happens, place):
    pk = deliver.integration.pk
    path = {
        "unknown": f"github/{pk + 1000}/",
        "huge": f"github/{LARGEST_ID + 1}/",
        "foreign provider": f"jira/{pk}/",
        "no such provider": f"gitlab/{pk}/",
    }[place]

    assert_refused(deliver.post(BODY, url=f"/api/webhooks/{path}"))


def test_delivery_to_a_removed_integration(deliver, nothing_happens):
    Integration.objects.update(removed_at=timezone.now())

    assert_refused(deliver.post(BODY))


def test_delivery_to_a_removed_project(deliver, nothing_happens):
    Project.objects.update(removed_at=timezone.now())

    assert_refused(deliver.post(BODY))


def test_delivery_to_a_purged_integration(deliver, make_user):
    url = deliver.url
    remove.remove_integration(integration=deliver.integration, actor=make_user("b@example.com"))

    assert_refused(deliver.post(BODY, url=url))


def test_delivery_to_an_integration_removed_meanwhile(deliver, nothing_happens, monkeypatch):
    reader = registry.PROVIDERS["github"].webhooks
    read = reader.read

    def remove_meanwhile(headers, body):
        Integration.objects.update(removed_at=timezone.now())
        return read(headers, body)

    monkeypatch.setattr(reader, "read", remove_meanwhile)

    assert_refused(deliver.post(BODY))


def test_delivery_without_a_secret_set(deliver, nothing_happens):
    Integration.objects.update(webhook_ciphertext="")

    assert_refused(deliver.post(BODY))
    assert_refused(deliver.post(BODY, secret=""))


def test_delivery_for_a_provider_without_webhooks(deliver, nothing_happens, monkeypatch):
    monkeypatch.setattr(registry.PROVIDERS["github"], "webhooks", None)

    assert_refused(deliver.post(BODY))


def test_secret_of_another_integration(deliver, nothing_happens):
    other = Integration.objects.create(project=deliver.integration.project, provider="github")
    Integration.objects.filter(pk=other.pk).update(
        webhook_ciphertext=Integration.objects.get(pk=deliver.integration.pk).webhook_ciphertext
    )

    assert_refused(deliver.post(BODY, url=f"/api/webhooks/github/{other.pk}/"))


def test_reencoded_body(deliver, nothing_happens):
    again = json.dumps(json.loads(BODY), separators=(",", ":")).encode()

    assert again != BODY
    assert_refused(deliver.post(again, headers={"X-Signature": sign(deliver.secret, BODY)}))


def test_body_of_more_than_1_mb(deliver, nothing_happens):
    answer = deliver.post(b" " * 1_000_001)

    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert answer.json()["code"] == "too_large"


def test_body_of_1_mb_is_read(deliver):
    padded = BODY + b" " * (1_000_000 - len(BODY))

    assert deliver.post(padded).json() == {"effect": "issues"}


def test_both_secrets_are_valid_and_the_third_is_not(deliver, make_user):
    actor = make_user("b@example.com")
    newer, newest = (
        receive.renew_secret(integration=deliver.integration, actor=actor) for _ in range(2)
    )

    assert_refused(deliver(delivery="1"))
    assert deliver.post(BODY, secret=newer, headers={"X-Delivery": "2"}).status_code == 202
    assert deliver.post(BODY, secret=newest, headers={"X-Delivery": "3"}).status_code == 202


def test_cost_does_not_reveal_whether_a_secret_is_set(deliver, make_user, monkeypatch):
    reader = registry.PROVIDERS["github"].webhooks
    tried: list[int] = []

    def count(headers, body, secrets):
        tried.append(len(secrets))
        return False

    monkeypatch.setattr(reader, "is_genuine", count)
    deliver()
    receive.renew_secret(integration=deliver.integration, actor=make_user("b@example.com"))
    deliver()
    Integration.objects.update(webhook_ciphertext="")
    deliver()
    deliver.post(BODY, url="/api/webhooks/github/404404/")

    assert tried == [2, 2, 2, 2]


def test_unreadable_secrets_are_ignored_and_logged(deliver, nothing_happens, caplog, settings):
    from cryptography.fernet import Fernet

    settings.DIIP_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    assert_refused(deliver.post(BODY))
    assert f"webhook secrets of integration {deliver.integration.pk}" in caplog.text
    assert deliver.secret not in caplog.text


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_not_allowed(deliver, method):
    assert getattr(deliver.client, method)(deliver.url).status_code == 405


# --- deliveries with a valid signature ----------------------------------------------------------


ODD = {
    "long": "x" * 5000,
    "as long as fits": "x" * 100,
    "NUL": "a\0b",
    "half a surrogate": "\ud800",
    "not ASCII": "\xe9\xfc",
    "empty": "",
}


@pytest.mark.parametrize("unusual", ODD.values(), ids=ODD)
def test_unusual_ids_are_accepted_once(deliver, unusual):
    statuses = [deliver(delivery=unusual, event=unusual).status_code for _ in range(2)]

    assert statuses == [202, 200]
    assert len(WebhookDelivery.objects.get().delivery_id) <= 100


def test_long_ids_with_a_common_prefix_differ(deliver):
    assert [deliver(delivery="x" * 200 + end).status_code for end in "ab"] == [202, 202]


@pytest.mark.parametrize("unusual", ["x" * 65, "a\0b", "\ud800"], ids=["long", "NUL", "surrogate"])
def test_unstorable_name_makes_a_full_sync_due(deliver, unusual):
    assert deliver([(unusual, unusual)], delivery="1").json() == {"effect": "scope"}
    assert deliver([("7", unusual)], delivery="2").json() == {"effect": "issues"}
    assert (hints(), SyncRun.objects.get().kind) == ([("7", "")], "incremental")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    delivery=st.text(st.characters(exclude_characters="\r\n"), max_size=150),
    event=st.text(max_size=150),
    names=st.lists(st.tuples(st.text(max_size=70), st.text(max_size=70)), max_size=4),
)
def test_signed_garbage_is_handled(deliver, delivery, event, names):
    answer = deliver(names, delivery=delivery, event=event)

    assert answer.status_code in (200, 202)


def test_late_hint_stores_no_content(deliver):
    deliver(title="A title that was never true")

    stored = [*WebhookDelivery.objects.values(), *IssueHint.objects.values()]
    assert "never true" not in str(stored)
    assert timezone.now() - WebhookDelivery.objects.get().received_at < timedelta(minutes=5)
