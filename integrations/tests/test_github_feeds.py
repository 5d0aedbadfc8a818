"""GitHub's page metadata, events feed, single issues and `check`."""

from datetime import UTC, datetime

import pytest

from integrations.http.session import Response
from integrations.providers.contract.base import (
    Cursor,
    Found,
    Gone,
    IssueRef,
    ProviderAuthError,
    ProviderConfigError,
    ProviderNotFound,
    ProviderResponseError,
)
from integrations.tests.github_pages import (
    API,
    event,
    github,
    issue,
    page,
    pull_request,
    repository,
)
from integrations.tests.provider_contract import TOKEN, FakeHttp, fetch, reply

REF = IssueRef(source_issue_id="1005", key="#5")


def moved(answer: Response) -> Response:
    return Response(answer.status, answer.headers, answer.body, "", moved_permanently=True)


# --- pages --------------------------------------------------------------------------------------


def test_a_page_carries_etag_clock_and_skipped():
    [only] = github(FakeHttp([page(issue(), pull_request())])).fetch_issues(Cursor())

    assert only.etag == 'W/"1"'
    assert only.upstream_time == datetime(2025, 11, 22, 10, tzinfo=UTC)
    assert (len(only.records), only.skipped) == (1, 1)


def test_a_page_without_a_clock_says_none():
    [only] = github(FakeHttp([reply([issue()], date="soon")])).fetch_issues(Cursor())

    assert only.upstream_time is None


@pytest.mark.parametrize("feed", ["issues", "comments", "transitions"])
def test_unchanged_page_with_a_link_is_followed_by_nothing(feed):
    link = f'<{API}/repos/octo/hello/issues?page=2>; rel="next"'
    http = FakeHttp([reply(b"", 304, link=link)])

    [only] = fetch(github(http), feed, Cursor(etag='"abc"'))

    assert (only.not_modified, only.next_token, len(http.urls)) == (True, None, 1)


def test_what_single_sign_on_leaves_out_is_said():
    partial = page(issue(), x_github_sso="partial-results; organizations=1,2")

    [only] = github(FakeHttp([partial])).fetch_issues(Cursor())

    assert "single sign-on" in only.notes[0]


@pytest.mark.parametrize(("answer", "is_moved"), [(page(issue()), False), (moved(page()), True)])
def test_renamed_repository_is_reported(answer, is_moved):
    [only] = github(FakeHttp([answer])).fetch_issues(Cursor())

    assert only.scope_moved is is_moved


# --- events: newest first, until the mark -------------------------------------------------------


def events(*stamps: tuple[int, str], after: str = "") -> Response:
    rows = [event(number, "closed", created_at=at) for number, at in stamps]
    return page(*rows, after=after)


def test_events_stop_at_the_mark():
    at = "2024-01-02T03:04:05Z"
    http = FakeHttp([events((5, at), (4, at), after="/p2"), events((3, at), (2, at), after="/p3")])

    first, second = github(http).fetch_transitions(Cursor(mark="9003"))

    assert (first.next_token, second.next_token) == (f"{API}/p2", None)
    assert http.urls[0] == f"{API}/repos/octo/hello/issues/events?per_page=100"


def test_events_without_their_mark_stop_at_an_older_one():
    http = FakeHttp([events((5, "2024-01-02T03:04:05Z"), after="/p2")])

    [only] = github(http).fetch_transitions(Cursor(mark="9999"))

    assert only.next_token is None


def test_the_next_mark_is_no_later_than_the_horizon():
    stamps = ((5, "2024-01-02T12:00:01Z"), (4, "2024-01-02T12:00:00Z"), (3, "2024-01-02T11:00:00Z"))
    horizon = datetime(2024, 1, 2, 12, tzinfo=UTC)

    [only] = github(FakeHttp([events(*stamps)])).fetch_transitions(Cursor(horizon=horizon))

    assert only.mark == "9004"


def test_a_first_pass_marks_by_the_upstreams_clock():
    stamps = ((5, "2025-11-22T09:59:00Z"), (4, "2025-11-22T09:57:00Z"))  # it answers at 10:00

    [only] = github(FakeHttp([events(*stamps)])).fetch_transitions(Cursor())

    assert only.mark == "9004"


def test_events_that_are_not_kept_move_the_mark_too():
    [only] = github(FakeHttp([page(event(5, "subscribed"))])).fetch_transitions(Cursor())

    assert (only.records, only.skipped, only.mark) == ((), 1, "9005")


# --- one issue ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ([reply({}, 404), reply(repository())], Gone(reason="not_visible")),
        ([reply({}, 410), reply(repository())], Gone(reason="deleted")),
        (
            [moved(reply(issue(9, html_url="https://github.com/octo/new/issues/9")))],
            Gone(reason="transferred", moved_to="https://github.com/octo/new/issues/9"),
        ),
        (
            [reply(pull_request(5, html_url="https://github.com/octo/hello/pull/5"))],
            Gone(reason="moved", moved_to="https://github.com/octo/hello/pull/5"),
        ),
    ],
)
def test_an_issue_is_gone_where_github_says_so(replies, expected):
    assert github(FakeHttp(replies)).fetch_one(REF) == expected


def test_an_issue_that_is_there_is_found():
    http = FakeHttp([reply(issue(5))])

    found = github(http).fetch_one(REF)

    assert isinstance(found, Found)
    assert found.record.key == "#5"
    assert http.urls == [f"{API}/repos/octo/hello/issues/5"]


@pytest.mark.parametrize(("full_name", "kind"), [("octo/Hello", Found), ("octo/elsewhere", Gone)])
def test_a_redirect_is_a_new_name_or_a_new_home(full_name, kind):
    """The id is unknown here, so the repository's name decides."""
    replies = [moved(reply(issue(5))), reply(repository(full_name=full_name))]

    assert type(github(FakeHttp(replies)).fetch_one(IssueRef(key="#5"))) is kind


def test_a_missing_repository_is_not_a_missing_issue():
    with pytest.raises(ProviderNotFound):
        github(FakeHttp([reply({}, 404), reply({}, 404)])).fetch_one(REF)


def test_issues_switched_off_delete_none():
    with pytest.raises(ProviderConfigError):
        github(FakeHttp([reply({}, 410), reply(repository(has_issues=False))])).fetch_one(REF)


def test_an_issue_without_a_number_cannot_be_asked_for():
    with pytest.raises(ProviderResponseError):
        github(FakeHttp([])).fetch_one(IssueRef(source_issue_id="1005"))


def test_an_unreadable_issue_is_a_failure():
    with pytest.raises(ProviderResponseError, match="title"):
        github(FakeHttp([reply(issue(5, title=None))])).fetch_one(REF)


# --- check --------------------------------------------------------------------------------------


def test_check_identifies_the_scope():
    headers = {"github_authentication_token_expiration": "2026-05-12 10:00:00 UTC"}
    answer = reply(repository(full_name="Octo/Hello", private=True), **headers)

    info = github(FakeHttp([answer])).check()

    assert (info.scope, info.scope_id, info.base_url) == ("Octo/Hello", "42", API)
    assert info.web_url == "https://github.com/octo/hello"
    assert info.is_private
    assert info.token_expires_at == datetime(2026, 5, 12, 10, tzinfo=UTC)
    assert info.notes == ()


def test_check_reports_the_limits():
    answer = reply(repository(has_issues=False), x_ratelimit_limit="60")

    info = github(FakeHttp([answer]), token="").check()

    assert "60 requests an hour" in info.notes[0]
    assert "are disabled" in info.notes[1]


@pytest.mark.parametrize("name", ["octo", "../..", "o/a\0b", "o/" + "a" * 300])
def test_a_repository_with_a_name_that_is_none_is_refused(name):
    with pytest.raises(ProviderResponseError):
        github(FakeHttp([reply(repository(full_name=name))])).check()


def test_what_is_no_web_address_becomes_no_link():
    answer = reply(repository(html_url="javascript:alert(1)"))

    assert github(FakeHttp([answer])).check().web_url == ""


@pytest.mark.parametrize("wrong", [reply(b"<html>", 200), reply(b"<html>", 404)])
def test_an_enterprise_servers_web_address_is_enough(wrong):
    http = FakeHttp([wrong, reply(repository())])

    info = github(http, base_url="https://ghe.example/").check()

    assert info.base_url == "https://ghe.example/api/v3"
    assert http.urls[1] == "https://ghe.example/api/v3/repos/octo/hello"


@pytest.mark.parametrize("root", [API, "https://ghe.example/api/v3"])
def test_elsewhere_the_address_is_taken_at_its_word(root):
    http = FakeHttp([reply({}, 404)])

    with pytest.raises(ProviderNotFound, match="octo/hello does not exist or"):
        github(http, base_url=root).check()


def test_the_web_address_of_github_is_put_right_in_words():
    http = FakeHttp([])

    with pytest.raises(ProviderConfigError, match=r"https://api\.github\.com"):
        github(http, base_url="https://github.com").check()

    assert http.urls == []


def test_a_wrong_token_is_not_tried_at_a_second_address():
    http = FakeHttp([reply({}, 401)])

    with pytest.raises(ProviderAuthError, match="rejected the token"):
        github(http, base_url="https://ghe.example").check()


def test_a_scope_never_shows_its_token():
    assert TOKEN not in repr(github(FakeHttp([]))._scope)
