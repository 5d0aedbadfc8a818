"""Requests and paging of Jira Cloud."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from integrations.providers.contract.base import (
    Cursor,
    ProviderAuthError,
    ProviderConfigError,
    ProviderResponseError,
)
from integrations.providers.jira.jql import FIELDS, MAX_PAGES
from integrations.tests.jira_pages import CLOUD, changes, cloud, found, issue, myself
from integrations.tests.provider_contract import FakeHttp, reply


def read(*replies, since=None, token="", **scope):
    http = FakeHttp(list(replies))
    pages = list(cloud(http, **scope).fetch_issues(Cursor(since=since, page_token=token)))
    return pages, http


# --- the search -----------------------------------------------------------------------------------


def test_the_search_names_its_fields_and_is_bounded_on_a_first_pass_too():
    _, http = read(found())

    assert http.urls == [f"{CLOUD}/search/jql"]
    assert http.bodies == [
        {
            "jql": "project = 10000 ORDER BY created ASC, id ASC",
            "fields": list(FIELDS),
            "maxResults": 100,
        }
    ]


def test_a_project_whose_id_is_not_known_is_named_by_its_key():
    _, http = read(found(), scope_id="", scope="AND")

    assert http.bodies[0]["jql"].startswith('project = "AND" ORDER BY')


def test_ask_2_since_is_milliseconds_whatever_zone_the_account_is_in():
    """Jira reads a date in the account's zone: eight hours of updates would be lost."""
    since = datetime(2024, 11, 29, 10, 44, 51, 91_000, tzinfo=UTC)
    elsewhere = since.astimezone(timezone(timedelta(hours=-8)))

    asked = [read(found(), since=each)[1].bodies[0]["jql"] for each in (since, elsewhere)]

    jql = "project = 10000 AND updated >= 1732877091091 ORDER BY created ASC, id ASC"
    assert asked == [jql, jql]


def test_ask_3_the_overlap_is_wider_than_the_index_lags():
    assert cloud(FakeHttp([])).overlap >= timedelta(minutes=15)


def test_ask_8_an_idle_sync_is_one_request():
    _, http = read(found(), since=datetime(2024, 1, 1, tzinfo=UTC))

    assert len(http.urls) == 1


def test_empty_anonymous_result_is_a_refused_token():
    """Jira serves a wrong token as an anonymous user with empty results."""
    with pytest.raises(ProviderAuthError):
        read(found(x_aaccountid=""), reply({}, 401))


def test_nothing_for_an_account_that_answers_is_nothing():
    [page], http = read(found(x_aaccountid=""), myself())

    assert page.records == ()
    assert http.urls[1:] == [f"{CLOUD}/myself"]


@pytest.mark.parametrize(
    "headers",
    [{"x_seraph_loginreason": "AUTHENTICATED_FAILED"}, {"x_ausername": "anonymous"}],
)
def test_anonymous_reply_is_refused(headers):
    with pytest.raises(ProviderAuthError):
        read(found(issue(1), **headers))


def test_the_next_page_is_asked_for_by_token_and_never_by_offset():
    _, http = read(found(issue(1), after="t/2="), changes((1, [])), found())

    assert http.bodies[2]["nextPageToken"] == "t/2="
    assert all("startAt" not in body for body in http.bodies)


def test_only_a_missing_token_ends_the_list_and_is_last_does_not():
    early_end = reply({"issues": [issue(1)], "isLast": True, "nextPageToken": "t2"})
    late_end = reply({"issues": [issue(2)], "isLast": False})

    pages, _ = read(early_end, changes((1, [])), late_end, changes((2, [])))

    assert [page.next_token is None for page in pages] == [False, True]


def test_an_empty_page_with_a_token_fails():
    with pytest.raises(ProviderResponseError, match="empty page"):
        read(found(after="t2"), found())


def test_a_token_that_comes_again_fails():
    with pytest.raises(ProviderResponseError, match="same pages repeatedly"):
        read(found(issue(1), after="t2"), changes((1, [])), found(issue(2), after="t2"))


def test_a_token_that_a_resumed_pass_came_from_fails():
    with pytest.raises(ProviderResponseError, match="same pages repeatedly"):
        read(found(issue(2), after="t2"), token="1:t2")


def test_pages_are_counted_over_resumed_passes():
    with pytest.raises(ProviderResponseError, match="same pages repeatedly"):
        read(found(issue(1), after="t"), token=f"{MAX_PAGES - 1}:s")


@pytest.mark.parametrize("token", ["t2", "x:t2", ":", "1:"])
def test_invalid_page_token_restarts_the_pass(token):
    with pytest.raises(ProviderConfigError, match="page token"):
        read(found(), token=token)


def test_expired_page_token_restarts_the_pass():
    with pytest.raises(ProviderConfigError, match="expired"):
        read(reply({"errorMessages": ["token"]}, 400), token="4:old")


def test_ask_1_a_removed_endpoint_is_said_and_not_asked_again():
    with pytest.raises(ProviderConfigError, match="removed this endpoint") as failure:
        read(reply({"errorMessages": ["The requested API has been removed"]}, 410))

    assert not failure.value.retryable


def test_rows_of_another_project_are_left_out():
    other_project = issue(2, project={"id": "10001", "key": "ABCD"})

    [page], _ = read(found(issue(1), other_project), changes((1, [])))

    assert ([record.key for record in page.records], page.skipped) == (["ABC-1"], 1)


def test_a_project_that_was_renamed_is_still_itself():
    renamed = issue(1, project={"id": "10000", "key": "NEW"}) | {"key": "NEW-1"}

    [page], _ = read(found(renamed), changes((1, [])))

    assert [record.key for record in page.records] == ["NEW-1"]
