"""GitHub's deliveries: verification and hints."""

import hmac
import json
import lzma
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

import pytest

from integrations.providers.contract.base import IssueRef, ProviderResponseError, Scope
from integrations.providers.github import GitHub
from integrations.tests.github_pages import API, issue, pull_request

HOOKS = GitHub.webhooks
EXAMPLES = (
    Path(__file__).resolve().parents[3] / "shared/data/recorded/github_webhook_examples.jsonl.xz"
)
# https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
SECRET = "It's a Secret to Everybody"
BODY = b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def read(event, **payload):
    headers = {"x-github-event": event, "x-github-delivery": "72d3162e-cc78-11e3-81ab"}
    whole = {"repository": {"full_name": "octo/hello"}} | payload
    return HOOKS.read(headers, json.dumps(whole).encode())


# --- genuine or not ------------------------------------------------------------------------------


def test_the_published_example_is_genuine():
    assert HOOKS.is_genuine({"x-hub-signature-256": SIGNATURE}, BODY, [SECRET])


def test_any_of_several_secrets_will_do():
    headers = {"x-hub-signature-256": SIGNATURE}

    assert HOOKS.is_genuine(headers, BODY, ["old one", SECRET])
    assert HOOKS.is_genuine(headers, BODY, [SECRET, "new one"])


@pytest.mark.parametrize(
    ("signature", "body", "secrets"),
    [
        (SIGNATURE, BODY + b" ", [SECRET]),
        (SIGNATURE, BODY, ["another"]),
        (SIGNATURE, BODY, []),
        (SIGNATURE.upper(), BODY, [SECRET]),
        (SIGNATURE.removeprefix("sha256="), BODY, [SECRET]),
        (SIGNATURE[:-1], BODY, [SECRET]),
        ("", BODY, [SECRET]),
        ("sha256=ä", BODY, [SECRET]),
    ],
)
def test_anything_else_is_not(signature, body, secrets):
    assert not HOOKS.is_genuine({"x-hub-signature-256": signature}, body, secrets)


def test_sha1_alone_is_refused():
    digest = hmac.new(SECRET.encode(), BODY, "sha1").hexdigest()

    assert not HOOKS.is_genuine({"x-hub-signature": f"sha1={digest}"}, BODY, [SECRET])
    assert not HOOKS.is_genuine({"x-hub-signature-256": f"sha1={digest}"}, BODY, [SECRET])


# --- what is hinted at ---------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["opened", "deleted", "transferred", "typed", "something new"])
def test_an_issue_is_named(action):
    notice = read("issues", action=action, issue=issue(3))

    assert notice.issues == (IssueRef(source_issue_id="1003", key="#3"),)
    assert (notice.event, notice.delivery_id) == ("issues", "72d3162e-cc78-11e3-81ab")
    assert not notice.concerns_scope


def test_a_comment_names_its_issue():
    assert read("issue_comment", issue=issue(3), comment={}).issues[0].key == "#3"


@pytest.mark.parametrize("event", ["issues", "issue_comment"])
def test_a_pull_request_is_none_of_ours(event):
    assert read(event, issue=pull_request(3)).issues == ()


def test_both_sides_of_a_relation_are_named():
    parts = read("sub_issues", parent_issue=issue(1), sub_issue=issue(2))
    blocks = read("issue_dependencies", blocked_issue=issue(3), blocking_issue=issue(4))

    assert {each.key for each in parts.issues} == {"#1", "#2"}
    assert {each.key for each in blocks.issues} == {"#3", "#4"}


def test_an_issue_of_another_repository_is_not_named():
    foreign = issue(2, repository_url=f"{API}/repos/octo/other")

    assert [
        each.key for each in read("sub_issues", parent_issue=issue(1), sub_issue=foreign).issues
    ] == ["#1"]


@pytest.mark.parametrize(
    ("event", "action", "concerns"),
    [
        ("label", "edited", True),
        ("label", "deleted", True),
        ("label", "created", False),
        ("repository", "renamed", True),
        ("repository", "transferred", True),
        ("repository", "privatized", True),
        ("public", "", True),
        ("installation", "deleted", True),
        ("milestone", "closed", False),
        ("ping", "", False),
        ("star", "created", False),
        ("", "", False),
    ],
)
def test_what_concerns_the_whole_scope(event, action, concerns):
    notice = read(event, action=action)

    assert notice.concerns_scope == concerns
    assert notice.issues == ()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"issue": 5}'])
def test_what_github_never_sends_is_refused(body):
    with pytest.raises(ProviderResponseError):
        HOOKS.read({"x-github-event": "issues"}, body)


def test_unknown_event_may_have_any_shape():
    assert HOOKS.read({"x-github-event": "new"}, b'{"issue": 5}').issues == ()


def test_a_form_is_read_too():
    form = urlencode({"payload": json.dumps({"issue": issue(3)})}).encode()
    headers = {"x-github-event": "issues", "content-type": "application/x-www-form-urlencoded"}

    assert HOOKS.read(headers, form).issues[0].key == "#3"
    with pytest.raises(ProviderResponseError):
        HOOKS.read(headers, b"something else")


def test_the_steps_say_where_and_what():
    scope = Scope(base_url=API, scope="octo/hello")

    steps = HOOKS.steps(
        scope=scope, web_url="https://github.com/octo/hello", url="https://diip/x/", secret="s3"
    )

    assert "https://github.com/octo/hello/settings/hooks/new" in steps[0]
    assert "Payload URL: https://diip/x/" in steps
    assert "Secret: s3" in steps
    assert "Content type: application/json" in steps


@pytest.mark.skipif(
    not EXAMPLES.exists(), reason="the published deliveries, third-party, are not on this machine"
)
def test_real_deliveries_are_read():
    with lzma.open(EXAMPLES, "rt", encoding="utf-8") as lines:
        examples = [json.loads(line) for line in lines]

    notices = [
        HOOKS.read({"x-github-event": each["event"]}, json.dumps(each["payload"]).encode())
        for each in examples
    ]

    assert len(notices) == 42
    named = Counter(notice.event for notice in notices if notice.issues)
    assert named == {"issues": 13, "issue_comment": 5}
    assert sum(notice.concerns_scope for notice in notices) == 13
