"""Deliveries: verified, idempotent and used as hints only."""

import hmac
import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from integrations.lifecycle import key_rotation
from integrations.models import IssueHint, SyncRun, WebhookDelivery
from integrations.providers.github.webhooks import GitHubWebhooks
from integrations.providers.parsing.signatures import is_signed
from integrations.webhooks import deliveries, receive

ISSUE = {"id": 1001, "number": 7}
HOUR = timedelta(hours=1)


@pytest.fixture
def integration(connect):
    made = connect()
    SyncRun.objects.all().delete()
    return made


@pytest.fixture
def secret(team, integration):
    return receive.renew_secret(integration=integration, actor=team.maintainer)


@pytest.fixture
def setup_url(team, integration):
    return f"{team.url}integrations/{integration.pk}/webhook/"


def sign(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()


def deliver(integration, secret, payload=None, *, event="issues", delivery="d-1", **changes):
    body = payload if isinstance(payload, bytes) else json.dumps(payload or {"issue": ISSUE})
    body = body if isinstance(body, bytes) else body.encode()
    headers = {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": sign(secret, body),
    } | changes.pop("headers", {})
    path = changes.pop("path", f"/api/webhooks/github/{integration.pk}/")
    return APIClient().generic(
        "POST", path, body, content_type="application/json",
        **{f"HTTP_{name.upper().replace('-', '_')}": v for name, v in headers.items()},
    )  # fmt: skip


def hints() -> list[tuple[str, str]]:
    return list(IssueHint.objects.values_list("source_issue_id", "key"))


# --- signatures ---------------------------------------------------------------------------------


def test_the_published_vector_is_genuine():
    """https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries"""
    header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    assert is_signed(header, b"Hello, World!", ["It's a Secret to Everybody"])


@pytest.mark.parametrize("header", ["", "sha256=", "sha1=aa", "sha256=ab\ud800", "sha256=é"])
def test_what_is_no_signature_is_refused(header):
    assert not is_signed(header, b"x", ["a secret"])


def test_nothing_is_genuine_without_a_secret():
    assert not is_signed(sign("", b"x"), b"x", [])


def test_secrets_and_digests_are_compared_in_constant_time_only():
    sources = Path(receive.__file__).parent.rglob("*.py")
    compared = re.compile(r"(secret|signature|digest)\w* *(==|!=)")

    assert not [path for path in sources if compared.search(path.read_text())
                if "tests" not in path.parts and "simulator" not in path.parts]  # fmt: skip


# --- what a delivery does -----------------------------------------------------------------------


def test_delivery_makes_one_issue_due(integration, secret):
    answer = deliver(integration, secret)

    assert (answer.status_code, answer.json()) == (202, {"effect": "issues"})
    assert hints() == [("1001", "#7")]
    run = SyncRun.objects.get()
    assert (run.kind, run.trigger) == ("targeted", "webhook")


def test_five_copies_have_one_effect(integration, secret):
    deliver(integration, secret)
    IssueHint.objects.all().delete()

    again = [deliver(integration, secret).status_code for _ in range(4)]

    assert again == [200] * 4
    assert hints() == []
    assert WebhookDelivery.objects.get().copies == 5


def test_same_delivery_at_two_hooks_is_two(connect, team, integration, secret):
    other = connect("octo/other")
    second = receive.renew_secret(integration=other, actor=team.owner)

    answers = [deliver(integration, secret), deliver(other, second)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert IssueHint.objects.count() == 2


def test_delivery_without_an_id_is_identified_by_its_body(integration, secret):
    first = deliver(integration, secret, headers={"X-GitHub-Delivery": ""})
    again = deliver(integration, secret, headers={"X-GitHub-Delivery": ""})
    other = deliver(integration, secret, {"issue": {"id": 2, "number": 2}}, delivery="")

    assert [first.status_code, again.status_code, other.status_code] == [202, 200, 202]


def test_new_hint_renews_the_old_one(integration, secret):
    deliver(integration, secret)
    IssueHint.objects.update(noted_at=timezone.now() - HOUR, attempts=2)

    deliver(integration, secret, delivery="d-2")

    hint = IssueHint.objects.get()
    assert hint.attempts == 0
    assert hint.noted_at > timezone.now() - HOUR


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("ping", {"zen": "Keep it logically awesome.", "hook_id": 1}),
        ("star", {"action": "created"}),
        ("issue_comment", {"issue": ISSUE | {"pull_request": {}}}),
        ("made_up", {"issue": ISSUE}),
    ],
)
def test_what_names_no_issue_is_taken_politely(integration, secret, event, payload):
    answer = deliver(integration, secret, payload, event=event)

    assert (answer.status_code, answer.json()) == (200, {"effect": "nothing"})
    assert (hints(), SyncRun.objects.count()) == ([], 0)


def test_renamed_repository_makes_a_sync_due(integration, secret):
    answer = deliver(integration, secret, {"action": "renamed"}, event="repository")

    assert answer.json() == {"effect": "scope"}
    assert SyncRun.objects.get().kind == "incremental"


def test_paused_integration_keeps_the_hint(team, integration, secret):
    type(integration).objects.update(status="disabled")

    answer = deliver(integration, secret)

    assert (answer.status_code, hints(), SyncRun.objects.count()) == (202, [("1001", "#7")], 0)


def test_payload_is_not_trusted(integration, secret):
    issue = ISSUE | {"title": "A lie", "state": "closed", "updated_at": "2999-01-01T00:00:00Z"}

    deliver(integration, secret, {"action": "deleted", "issue": issue})

    assert integration.issues.count() == 0
    assert hints() == [("1001", "#7")]


# --- what is refused ----------------------------------------------------------------------------


def test_refusals_are_indistinguishable(team, integration, secret, connect):
    silent, gone = connect("octo/silent"), connect("octo/gone")
    receive.renew_secret(integration=gone, actor=team.owner)
    type(gone).objects.filter(pk=gone.pk).update(removed_at=timezone.now())
    body = b'{"issue": {"id": 1, "number": 1}}'
    sha1 = {"X-Hub-Signature-256": "", "X-Hub-Signature": "sha1=" + "a" * 40}
    answers = [
        deliver(integration, "not the secret"),
        deliver(integration, secret, headers={"X-Hub-Signature-256": ""}),
        deliver(integration, secret, headers=sha1),
        deliver(integration, secret, body, headers={"X-Hub-Signature-256": sign(secret, b"{}")}),
        deliver(silent, secret),
        deliver(gone, secret),
        deliver(integration, secret, path="/api/webhooks/github/999999/"),
        deliver(integration, secret, path=f"/api/webhooks/{'9' * 60}/1/"),
        deliver(integration, secret, path=f"/api/webhooks/svn/{integration.pk}/"),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert (IssueHint.objects.count(), WebhookDelivery.objects.count()) == (0, 0)
    assert deliver(integration, secret).status_code == 202


def test_body_that_was_encoded_again_is_refused(integration, secret):
    sent = b'{"issue": {"id": 1001,  "number": 7}}'
    again = json.dumps(json.loads(sent)).encode()

    refused = deliver(
        integration, secret, again, headers={"X-Hub-Signature-256": sign(secret, sent)}
    )

    assert refused.status_code == 401


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"issue": {"id": "x"}}', b"[" * 9999])
def test_signed_rubbish_is_named_and_leaves_nothing(integration, secret, body):
    answer = deliver(integration, secret, body)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (hints(), WebhookDelivery.objects.count()) == ([], 0)


def test_too_large_a_body_is_refused(integration, secret, monkeypatch):
    monkeypatch.setattr(receive, "MAX_BODY_BYTES", 1000)
    fits = json.dumps({"issue": ISSUE, "pad": ""}).encode()
    fits = fits.replace(b'"pad": "', b'"pad": "' + b"x" * (1000 - len(fits)))

    assert deliver(integration, secret, fits + b" ").status_code == 413
    assert deliver(integration, secret, fits).status_code == 202


MANY = b'{"issue": {"id": 1001, "number": 7}, "pad": [%s]}' % b",".join([b"0"] * 60_000)


@pytest.mark.parametrize("event", ["issues", "push"])
def test_more_values_than_can_be_read_in_time_are_refused(integration, secret, event):
    answer = deliver(integration, secret, MANY, event=event)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "the next sync" in answer.json()["detail"]
    assert (hints(), WebhookDelivery.objects.count()) == ([], 0)


def test_a_long_text_is_one_value(integration, secret):
    text = json.dumps({"issue": ISSUE | {"body": '{["\\,' * 40_000}}).encode()

    assert deliver(integration, secret, text).status_code == 202


def test_a_form_of_many_fields_is_refused(integration, secret):
    payload = urlencode({"payload": json.dumps({"issue": ISSUE})}).encode()
    body = b"&".join([payload, *[b"a=1"] * 11])
    headers = {"X-Hub-Signature-256": sign(secret, body)}
    path = f"/api/webhooks/github/{integration.pk}/"

    answer = APIClient().generic(
        "POST", path, body, content_type="application/x-www-form-urlencoded", headers=headers
    )

    assert answer.status_code == 400


def test_sixty_deliveries_a_minute_are_accepted_and_unsigned_ones_do_not_count(
    integration, secret, settings
):
    settings.DIIP_DELIVERIES_PER_MINUTE = 3
    for _ in range(5):
        assert deliver(integration, "wrong").status_code == 401

    statuses = [deliver(integration, secret, delivery=str(n)).status_code for n in range(4)]
    refused = deliver(integration, secret, delivery="again")

    assert statuses == [202, 202, 202, 429]
    assert (refused.status_code, refused["Retry-After"]) == (429, "20")


def test_larger_than_what_people_may_send_is_taken(integration, secret, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    answer = deliver(integration, secret, {"issue": ISSUE | {"body": "x" * 5000}})

    assert answer.status_code == 202


@pytest.mark.parametrize("delivery", ["x" * 500, "é", "tab\there", "d\x7f"])
def test_unstorable_delivery_ids_are_stored_as_digests(integration, secret, delivery):
    headers = {"x-github-event": "issues", "x-github-delivery": delivery}
    body = json.dumps({"issue": ISSUE}).encode()
    headers["x-hub-signature-256"] = sign(secret, body)

    taken = [
        receive.take_delivery(
            provider="github", integration_id=integration.pk, headers=headers, body=body
        ).integration
        for _ in range(2)
    ]

    assert taken == [integration, None]
    assert WebhookDelivery.objects.get().delivery_id.startswith("sha256:")


# --- setting up ---------------------------------------------------------------------------------


def test_setting_up_is_shown_step_by_step(team, integration, setup_url):
    made = team.call("maintainer").post(setup_url).json()

    assert made["url"].endswith(f"/api/webhooks/github/{integration.pk}/")
    assert any(made["url"] in step for step in made["steps"])
    assert any(made["secret"] in step for step in made["steps"])
    assert made["previous_still_valid"] is False
    assert deliver(integration, made["secret"]).status_code == 202


def test_secret_is_shown_once(team, setup_url, integration):
    secret = team.call("owner").post(setup_url).json()["secret"]
    deliver(integration, secret)

    shown = team.call("owner").get(setup_url)
    detail = team.call("owner").get(setup_url.removesuffix("webhook/"))

    assert secret not in shown.content.decode() + detail.content.decode()
    assert (shown.json()["is_on"], shown.json()["deliveries"]) == (True, 1)
    integration.refresh_from_db()
    assert secret not in integration.webhook_ciphertext


def test_two_secrets_are_valid_and_the_third_oldest_is_not(team, integration):
    first, second, third = (
        receive.renew_secret(integration=integration, actor=team.owner) for _ in range(3)
    )

    answers = [deliver(integration, s, delivery=s).status_code for s in (first, second, third)]

    assert answers == [401, 202, 202]


def test_turned_off_takes_nothing(team, integration, secret, setup_url):
    off = team.call("maintainer").delete(setup_url)

    assert off.status_code == 204
    assert deliver(integration, secret).status_code == 401


def test_secrets_move_to_a_new_key(integration, secret, settings):
    from cryptography.fernet import Fernet

    settings.DIIP_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.DIIP_ENCRYPTION_KEYS]
    report = key_rotation.rotate()
    settings.DIIP_ENCRYPTION_KEYS = settings.DIIP_ENCRYPTION_KEYS[:1]

    assert (report.rotated, key_rotation.count_keys().current) == (2, 2)
    assert deliver(integration, secret).status_code == 202


def test_secrets_that_no_key_reads_refuse_and_can_be_renewed(team, integration, secret, settings):
    from cryptography.fernet import Fernet

    settings.DIIP_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    refused = deliver(integration, secret)
    renewed = receive.renew_secret(integration=integration, actor=team.owner)

    assert refused.status_code == 401
    assert deliver(integration, renewed).status_code == 202


def test_old_deliveries_are_deleted(integration, secret):
    deliver(integration, secret, delivery="old")
    WebhookDelivery.objects.update(received_at=timezone.now() - deliveries.COUNTED_PERIOD - HOUR)
    deliver(integration, secret, delivery="new")

    assert deliveries.prune() == 1
    assert WebhookDelivery.objects.get().delivery_id == "new"


def test_reader_takes_every_kind_of_name():
    read = GitHubWebhooks().read
    body = json.dumps({"parent_issue": ISSUE, "sub_issue": {"id": 5, "number": 5}}).encode()

    notice = read({"x-github-event": "sub_issues"}, body)

    assert [ref.key for ref in notice.issues] == ["#5", "#7"]
