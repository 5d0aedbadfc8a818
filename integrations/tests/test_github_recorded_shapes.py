"""Pages in the shapes GitHub was recorded sending: what each of them becomes."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from integrations.providers.contract.base import (
    Cursor,
    IssueRef,
    ProviderError,
    ProviderRateLimited,
    ProviderResponseError,
)
from integrations.providers.github.records import COMMENTS, ISSUES, TRANSITIONS
from integrations.providers.github.webhooks import GitHubWebhooks
from integrations.providers.parsing.validate import clean_record
from integrations.tests.github_pages import github
from integrations.tests.provider_contract import FakeHttp, check_well_formed, reply
from tests.recorded_pages import load

SITE = "https://github.com/lamp-works/lamp"


def read(reader, rows):
    return reader.read_page(json.dumps(rows).encode())


@pytest.fixture(scope="module")
def issues():
    return read(ISSUES, load("github/issues"))


@pytest.fixture(scope="module")
def by_key(issues):
    return {record.key: record for record in issues.records}


@pytest.fixture(scope="module")
def transitions():
    """The recorded timeline lacks `issue`, which the repository's own list of events has."""
    rows = {row["number"]: row for row in load("github/issues")}
    events = [
        event | {"issue": rows[line["number"]]}
        for line in load("github/timeline")
        for event in line["events"]
    ]
    return read(TRANSITIONS, events)


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- issues ---------------------------------------------------------------------------------------


def test_issues_are_read_and_pull_requests_skipped(issues):
    assert [record.source_issue_id for record in issues.records] == [
        "70001", "70036", "70050", "70113", "70141", "70162",
    ]  # fmt: skip
    assert (issues.skipped, issues.rejected) == (2, ())
    for record in issues.records:
        check_well_formed(record)


@pytest.mark.parametrize(
    ("key", "status", "outcome"),
    [
        ("#11", "done", "delivered"),
        ("#12", "done", "delivered"),
        ("#13", "todo", None),
        ("#16", "done", "not_planned"),
        ("#18", "done", "delivered"),
        ("#20", "done", "duplicate"),
    ],
)
def test_status_and_outcome(by_key, key, status, outcome):
    assert (by_key[key].status, by_key[key].outcome) == (status, outcome)


def test_dates(by_key):
    record = by_key["#18"]

    assert record.opened_at == moment("2024-03-04T09:00:00")
    assert record.closed_at == moment("2024-03-24T15:11:50")
    assert record.source_updated_at == moment("2024-04-15T22:00:51")


def test_closed_without_a_date_stays_undated(by_key):
    assert (by_key["#11"].source_status, by_key["#11"].closed_at) == ("closed", None)


def test_text_address_and_labels(by_key):
    record = by_key["#13"]

    assert record.title == "Switch is hard to press"
    assert record.body == "Pressing it takes both thumbs."
    assert record.url == f"{SITE}/issues/13"
    assert [(label.name, label.colour) for label in record.labels] == [("paint", "777777")]
    assert record.comment_count == 2


def test_people(by_key):
    record = by_key["#16"]

    assert (record.author.source_person_id, record.author.login) == ("70120", "sol-marsh")
    assert record.author.url == "https://github.com/sol-marsh"
    assert [person.login for person in record.assignees] == ["sol-marsh"]
    assert not record.author.is_bot


def test_deleted_account_is_ghost(by_key):
    assert (by_key["#12"].author.login, by_key["#12"].author.source_person_id) == ("ghost", "70999")


def test_null_and_empty_bodies_are_empty(by_key):
    assert [row["body"] for row in load("github/issues") if row["number"] in (12, 18)] == ["", None]
    assert by_key["#12"].body == by_key["#18"].body == ""


def test_only_the_nul_needs_repair(issues):
    assert [record.key for record in issues.records if clean_record(record)[1]] == ["#11"]


# --- comments and history -------------------------------------------------------------------------


def test_comment_goes_to_its_issue_and_that_of_a_pull_request_nowhere():
    page = read(COMMENTS, load("github/comments"))

    [comment] = page.records
    assert (page.skipped, page.rejected) == (1, ())
    assert (comment.source_comment_id, comment.issue.key) == ("70022", "#12")
    assert (comment.author.login, comment.body) == (
        "wren-ash", "It happens on the blue model only.",
    )  # fmt: skip
    assert comment.commented_at == comment.source_updated_at == moment("2024-03-21T08:15:00")
    assert comment.url == f"{SITE}/issues/12#issuecomment-70022"


def test_timeline_becomes_changes_of_fields(transitions):
    assert transitions.rejected == ()
    assert [(r.issue.key, r.field, r.from_value, r.to_value) for r in transitions.records] == [
        ("#11", "label", "", "flicker"),
        ("#11", "label", "flicker", ""),
        ("#11", "status", "open", "closed"),
        ("#12", "status", "open", "closed"),
        ("#13", "status", "open", "closed"),
        ("#13", "title", "Switch is stiff", "Switch is hard to press"),
        ("#13", "status", "closed", "open"),
        ("#16", "assignee", "", "nell-birch"),
        ("#16", "assignee", "nell-birch", ""),
        ("#16", "status", "open", "closed"),
        ("#18", "milestone", "", "Spring model"),
        ("#18", "milestone", "Spring model", ""),
        ("#18", "status", "open", "closed"),
        ("#20", "status", "open", "closed"),
    ]


def test_comments_and_locks_change_no_field(transitions):
    left_out = [event["event"] for line in load("github/timeline") for event in line["events"]]

    assert len(left_out) - len(transitions.records) == transitions.skipped == 2
    assert {"commented", "locked"} <= set(left_out)


def test_change_has_actor_and_date(transitions):
    first, *_ = transitions.records

    assert (first.source_event_id, first.actor.login) == ("70001", "wren-ash")
    assert first.occurred_at == moment("2024-03-07T09:00:00")
    assert [r.issue.key for r in transitions.records if r.actor is None] == ["#18"]


# --- pages, limits and refusals -------------------------------------------------------------------


def exchange(recorded):
    headers = {name.replace("-", "_"): str(text) for name, text in recorded["headers"].items()}
    return reply(recorded["response"], recorded["status"], **headers)


def test_pages_are_followed_by_their_links():
    recorded = load("github/paginated_issues")
    http = FakeHttp([exchange(each) for each in recorded])

    pages = list(github(http, scope="lamp-works/lamp").fetch_issues(Cursor()))

    assert [record.key for page in pages for record in page.records] == ["#11", "#12", "#13"]
    assert http.urls[1:] == [f"https://api.github.com{each['path']}" for each in recorded[1:]]
    assert pages[0].etag == 'W/"70001"'
    assert pages[0].upstream_time == moment("2024-05-01T10:00:00")


def refusal_of(answer):
    with pytest.raises(ProviderError) as failure:
        list(github(FakeHttp([answer])).fetch_issues(Cursor()))
    return failure.value


def test_spent_quota_waits_for_the_recorded_reset():
    first = exchange(load("github/paginated_issues")[0])
    headers = {name.replace("-", "_"): text for name, text in first.headers.items()}
    spent = reply(load("github/error_abuse"), 403, **headers | {"x_ratelimit_remaining": "0"})

    failure = refusal_of(spent)

    assert type(failure) is ProviderRateLimited
    # half an hour ahead by their clock, and one second to be sure
    assert failure.retry_after == timedelta(seconds=1_801)


def test_abuse_refusal_without_headers_is_a_rate_limit():
    failure = refusal_of(reply(load("github/error_abuse"), 403))

    assert type(failure) is ProviderRateLimited
    assert failure.retry_after >= timedelta(seconds=60)


def test_validation_error_is_no_answer():
    [recorded] = load("github/error_validation")

    assert type(refusal_of(exchange(recorded))) is ProviderResponseError


def test_rate_limit_body_is_no_list():
    assert type(refusal_of(reply(load("github/rate_limit")))) is ProviderResponseError


def test_repository_is_checked():
    info = github(FakeHttp([reply(load("github/repository"))]), scope="lamp-works/lamp").check()

    assert (info.scope, info.scope_id, info.web_url) == ("lamp-works/lamp", "70001", SITE)
    assert not info.is_private


# --- webhooks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "issues", "concerns_scope"),
    [
        ("issues_edited", (IssueRef(source_issue_id="70001", key="#11"),), False),
        ("issue_comment_created", (IssueRef(source_issue_id="70001", key="#11"),), False),
        ("label_deleted", (), True),
        ("repository_transferred", (), True),
        ("installation_deleted", (), True),
        ("ping", (), False),
    ],
)
def test_delivery(name, issues, concerns_scope):
    recorded = load(f"github/webhook_{name}")
    headers = {"x-github-event": recorded["event"], "x-github-delivery": "one"}

    notice = GitHubWebhooks().read(headers, json.dumps(recorded["payload"]).encode())

    assert (notice.event, notice.delivery_id) == (recorded["event"], "one")
    assert (notice.issues, notice.concerns_scope) == (issues, concerns_scope)
