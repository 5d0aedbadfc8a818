"""Jira's deliveries: verification and hints."""

import hmac
import json

import pytest

from integrations.providers.contract.base import IssueRef, ProviderResponseError, Scope
from integrations.providers.jira.webhooks import JiraWebhooks
from integrations.tests.jira_pages import CLOUD, SERVER, SERVER_SITE, SITE

HOOKS = JiraWebhooks()
SECRET, OLD = "It's a Secret to Everybody", "the one before"
BODY = b"Hello, World!"
VECTOR = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
"""The published test vector of this scheme."""


def signed(signature: str) -> dict[str, str]:
    return {"x-hub-signature": signature}


def test_a_delivery_signed_with_the_secret_is_genuine():
    assert HOOKS.is_genuine(signed(f"sha256={VECTOR}"), BODY, [SECRET])


def test_any_of_several_secrets_will_do():
    former = hmac.new(OLD.encode(), BODY, "sha256").hexdigest()

    assert HOOKS.is_genuine(signed(f"sha256={former}"), BODY, [SECRET, OLD])
    assert not HOOKS.is_genuine(signed(f"sha256={former}"), BODY, [SECRET])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(""),
        signed(VECTOR),
        signed("sha256="),
        signed(f"sha256={VECTOR[:-1]}"),
        signed("sha1=" + hmac.new(SECRET.encode(), BODY, "sha1").hexdigest()),
        signed(f"sha1={VECTOR}"),
        signed("sha256=\N{LATIN SMALL LETTER E WITH ACUTE}"),
    ],
)
def test_what_is_not_signed_so_is_not(headers):
    assert not HOOKS.is_genuine(headers, BODY, [SECRET])


def test_no_secret_makes_nothing_genuine():
    empty = hmac.new(b"", BODY, "sha256").hexdigest()

    assert not HOOKS.is_genuine(signed(f"sha256={empty}"), BODY, [])
    assert not HOOKS.is_genuine(signed(f"sha256={empty}"), BODY, [""])


def test_another_body_is_another_signature():
    assert not HOOKS.is_genuine(signed(f"sha256={VECTOR}"), BODY + b"\n", [SECRET])


def read(event, headers=None, **body):
    return HOOKS.read(headers or {}, json.dumps({"webhookEvent": event} | body).encode())


ISSUE = {"id": "10002", "key": "ABC-2", "fields": {"summary": "x"}}
REF = IssueRef(source_issue_id="10002", key="ABC-2")


@pytest.mark.parametrize(
    "event",
    ["jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created",
     "comment_updated", "comment_deleted", "worklog_updated"],
)  # fmt: skip
def test_an_issue_is_named(event):
    notice = read(event, issue=ISSUE)

    assert (notice.event, notice.issues, notice.concerns_scope) == (event, (REF,), False)


def test_an_id_may_be_a_number():
    assert read("jira:issue_updated", issue={"id": 10002, "key": "ABC-2"}).issues == (REF,)


def test_a_link_names_both_its_ends():
    notice = read("issuelink_created", issueLink={"sourceIssueId": 1, "destinationIssueId": 2})

    assert [ref.source_issue_id for ref in notice.issues] == ["1", "2"]


@pytest.mark.parametrize("event", ["project_updated", "project_deleted", "project_archived"])
def test_a_change_of_a_project_concerns_all_of_it(event):
    notice = read(event, project={"id": 10000, "key": "ABC"})

    assert (notice.concerns_scope, notice.issues) == (True, ())


@pytest.mark.parametrize("event", ["user_created", "sprint_started", "", "jira:version_released"])
def test_other_events_name_nothing(event):
    notice = read(event, issue=ISSUE)

    assert (notice.issues, notice.concerns_scope) == ((), False)


def test_copies_of_a_delivery_have_one_id():
    headers = {"x-atlassian-webhook-identifier": "b1f2", "x-atlassian-webhook-retry": "3"}

    assert read("jira:issue_updated", headers, issue=ISSUE).delivery_id == "b1f2"
    assert read("jira:issue_updated", issue=ISSUE).delivery_id == ""


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"webhookEvent": 5}', b'{"issue": []}'])
def test_what_jira_does_not_send_is_refused(body):
    with pytest.raises(ProviderResponseError):
        HOOKS.read({}, body)


@pytest.mark.parametrize(("base", "site"), [(CLOUD, SITE), (SERVER, SERVER_SITE)])
def test_the_steps_name_what_to_enter_where(base, site):
    steps = HOOKS.steps(
        scope=Scope(base_url=base, scope="ABC", token="t"),
        web_url=f"{site}/browse/ABC",
        url="https://diip.test/hook/7/",
        secret="s3cret",
    )

    text = " ".join(steps)
    assert all(part in text for part in (f"{site}/plugins", "https://diip.test/hook/7/", "s3cret"))
    assert "project = ABC" in text
