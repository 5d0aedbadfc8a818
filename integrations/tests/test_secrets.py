"""A planted token appears nowhere except encrypted in its column."""

import pytest
from django.apps import apps
from rest_framework.test import APIClient

from integrations.credentials import access
from integrations.lifecycle import connect
from integrations.models import Integration
from integrations.providers.contract import base

PLANTED = "ghp_PLANTEDq7wkz0secret"
API = ("", "integrations/", "integrations/{pk}/", "syncs/", "members/")
ADMIN = (
    "integrations/integration/",
    "integrations/integration/{pk}/change/",
    "integrations/syncrun/",
    "integrations/apilog/",
    "projects/project/{project}/change/",
)


@pytest.fixture
def integration(team, tracker, caplog) -> Integration:
    caplog.set_level("DEBUG")
    url = f"{team.url}integrations/github/connect/"
    body = {"token": PLANTED, "repository": "octo/hello"}
    answer = team.call("owner").post(url, body)
    again = team.call("owner").post(url, body)
    assert (answer.status_code, again.status_code) == (201, 409)
    assert PLANTED not in answer.content.decode() + again.content.decode()
    return Integration.objects.get()


def test_it_is_in_no_answer(team, integration):
    for path in API:
        answer = team.call("owner").get(team.url + path.format(pk=integration.pk))
        assert answer.status_code == 200
        assert PLANTED not in answer.content.decode()
        assert integration.token_ciphertext not in answer.content.decode()


def test_it_is_on_no_admin_page(team, integration, client, make_user):
    client.force_login(make_user("admin@example.com", role="admin"))
    for path in ADMIN:
        page = client.get("/admin/" + path.format(pk=integration.pk, project=team.project.pk))
        assert page.status_code == 200
        assert PLANTED not in page.content.decode()
        assert integration.token_ciphertext not in page.content.decode()
        assert integration.quota_key not in page.content.decode()


def test_it_is_in_no_row(integration):
    stored = [str(row) for model in apps.get_models() for row in model.objects.values()]

    assert len(stored) > 5
    assert not [row for row in stored if PLANTED in row]
    assert access.read_token(integration) == PLANTED


@pytest.mark.parametrize(
    "body",
    [
        {"token": f"two {PLANTED}"},
        {"token": PLANTED, "repository": f"octo/{PLANTED}?"},
        {"token": PLANTED, "api_url": f"https://x:{PLANTED}@github.example.com"},
        {"token": PLANTED, "repository": "octo/refused"},
    ],
)
def test_it_is_in_no_refusal_and_no_log(team, integration, tracker, caplog, body):
    tracker.error = base.ProviderAuthError("Enter a new one.")

    refused = team.call("owner").post(f"{team.url}integrations/github/connect/", body)

    assert refused.status_code in (400, 422)
    assert PLANTED not in refused.content.decode()
    assert caplog.records
    assert PLANTED not in caplog.text


def test_it_is_in_no_text_of_what_carries_it(team, integration, tracker):
    scope = base.Scope(base_url="https://api.github.com", scope="octo/hello", token=PLANTED)
    carriers = [
        scope,
        access.Proposal("github", scope),
        connect.Change(token=PLANTED),
        integration,
    ]

    for carrier in carriers:
        assert PLANTED not in repr(carrier) + str(carrier)


def test_exception_on_the_way_does_not_hold_it(team, integration, tracker, caplog, monkeypatch):
    monkeypatch.setattr(connect, "_store", None)
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(team.owner)
    url = f"{team.url}integrations/github/connect/"

    broken = client.post(url, {"token": PLANTED, "repository": "octo/new"})

    assert broken.status_code == 500
    assert "TypeError" in caplog.text
    assert PLANTED not in caplog.text + broken.content.decode()
