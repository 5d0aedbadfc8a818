"""GitHub against the provider contract, and GitHub's specifics."""

from datetime import UTC, datetime

import msgspec
import pytest

from integrations.http.session import Response
from integrations.providers.contract.base import (
    Cursor,
    Feed,
    Provider,
    ProviderAccessDenied,
    ProviderAuthError,
    ProviderConfigError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderResponseError,
    Scope,
)
from integrations.providers.registry import PROVIDERS, UnknownProvider, build
from integrations.tests.github_pages import (
    API,
    comment,
    event,
    github,
    issue,
    page,
    pull_request,
    repository,
)
from integrations.tests.provider_contract import TOKEN, ConditionalContract, FakeHttp, fetch, reply


def refuse(status: int, **headers: str) -> Response:
    return reply({"message": f"foreign body {TOKEN}"}, status, **headers)


class TestGitHubKeepsTheContract(ConditionalContract):
    feeds = ("issues", "comments", "transitions")
    refusals = (
        (refuse(401), ProviderAuthError),
        (refuse(403), ProviderAccessDenied),
        (refuse(403, x_github_sso="required; url=https://evil.test/"), ProviderAccessDenied),
        (refuse(403, retry_after="5"), ProviderRateLimited),
        (refuse(403, x_ratelimit_remaining="0", x_ratelimit_reset="1"), ProviderRateLimited),
        (refuse(429), ProviderRateLimited),
        (refuse(503, retry_after="5"), ProviderRateLimited),
        (refuse(404), ProviderNotFound),
        (refuse(410), ProviderConfigError),
        (refuse(451), ProviderAccessDenied),
        (refuse(422), ProviderResponseError),
        (refuse(204), ProviderResponseError),
        (refuse(304), ProviderResponseError),
        (refuse(301), ProviderResponseError),
        (refuse(400), ProviderResponseError),
    )

    def build(self, http: FakeHttp) -> Provider:
        return github(http)

    def pages(self, feed: Feed) -> list[Response]:
        rows = {
            "issues": (issue(1), pull_request(2), issue(3, state="closed"), issue(4)),
            "comments": (comment(1), comment(2, kind="pull"), comment(3), comment(4)),
            "transitions": (
                event(4, "reopened"),
                event(3, "mentioned"),
                event(2, issue=pull_request()),
                event(1),
            ),
        }[feed]
        return [page(*rows[:2], after="/p2"), page(rows[2], after="/p3"), page(rows[3])]

    def rows(self, feed: Feed) -> int:
        return 4

    def page_with_a_bad_record(self) -> tuple[Response, bytes]:
        bad = issue(2, id="not a number", title=TOKEN)
        return page(issue(1), bad, issue(3)), msgspec.json.encode(bad)

    def scope_replies(self) -> list[Response]:
        return [reply(repository())]


# --- what is asked ------------------------------------------------------------------------------


def test_a_first_pass_asks_without_since():
    http = FakeHttp([page()])

    list(github(http).fetch_issues(Cursor()))

    assert http.urls == [
        f"{API}/repos/octo/hello/issues?state=all&sort=created&direction=asc&per_page=100"
    ]
    assert http.headers[0] == {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "DIIP",
        "Authorization": f"Bearer {TOKEN}",
    }


@pytest.mark.parametrize("feed", ["issues", "comments"])
def test_since_is_written_the_way_github_reads_it(feed):
    http = FakeHttp([page()])
    since = datetime(2024, 5, 6, 7, 8, 9, 123, tzinfo=UTC)

    list(fetch(github(http), feed, Cursor(since=since)))

    assert "since=2024-05-06T07%3A08%3A09Z" in http.urls[0]


def test_the_next_page_is_asked_for_as_it_was_named():
    http = FakeHttp(
        [page(issue(1), after="/repositories/42/issues?after=Y3Vyc29y%3D&a=1,2"), page()]
    )

    list(github(http).fetch_issues(Cursor()))

    assert http.urls[1] == f"{API}/repositories/42/issues?after=Y3Vyc29y%3D&a=1,2"


@pytest.mark.parametrize(
    "link", ["https://evil.test/x", "http://api.github.com/x", "/x", "https://[/"]
)
def test_a_next_page_elsewhere_is_refused(link):
    http = FakeHttp([reply([issue()], link=f'<{link}>; rel="next"'), page()])

    with pytest.raises(ProviderResponseError, match="another address"):
        list(github(http).fetch_issues(Cursor()))

    assert len(http.urls) == 1


def test_a_page_that_points_to_itself_is_refused():
    http = FakeHttp([page(issue(1), after="/p2"), page(issue(2), after="/p2")])

    with pytest.raises(ProviderResponseError, match="same pages repeatedly"):
        list(github(http).fetch_issues(Cursor()))


def test_without_a_token_none_is_sent():
    http = FakeHttp([page()])

    list(github(http, token="").fetch_issues(Cursor()))

    assert "Authorization" not in http.headers[0]


@pytest.mark.parametrize(
    "scope", ["octo", "../admin", "octo/..", "a/b/c", "a/b?x", "", "ä/b", "a/b\n"]
)
def test_a_scope_that_is_no_repository_is_refused(scope):
    with pytest.raises(ProviderConfigError):
        github(FakeHttp([]), scope=scope).check()


def test_the_registry_builds_it():
    scope = Scope(base_url=API, scope="octo/hello", token=TOKEN)

    assert type(build("github", scope, FakeHttp([]))) is PROVIDERS["github"]
    with pytest.raises(UnknownProvider):
        build("gitlab", scope, FakeHttp([]))
