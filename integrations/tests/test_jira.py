"""Both Jira dialects against the provider contract."""

from collections.abc import Sequence

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
from integrations.providers.jira import Jira
from integrations.providers.registry import PROVIDERS, build
from integrations.tests.jira_pages import (
    CLOUD,
    SERVER_SITE,
    SITE,
    changes,
    cloud,
    comment,
    comments,
    found,
    found_by_server,
    history,
    issue,
    moved_on,
    myself,
    project,
    project_statuses,
    server,
    server_info,
    server_issue,
    server_user,
    status,
)
from integrations.tests.provider_contract import TOKEN, FakeHttp, ProviderContract, Replies, reply


def refuse(code: int, **headers: str) -> Response:
    return reply({"errorMessages": [f"foreign body {TOKEN}"]}, code, **headers)


REFUSALS = (
    (refuse(401), ProviderAuthError),
    (refuse(403), ProviderAccessDenied),
    (refuse(403, x_seraph_loginreason="AUTHENTICATION_DENIED"), ProviderAuthError),
    (refuse(401, x_authentication_denied_reason="CAPTCHA_CHALLENGE; x"), ProviderAuthError),
    (refuse(400), ProviderConfigError),
    (refuse(404), ProviderNotFound),
    (refuse(410), ProviderConfigError),
    (refuse(451), ProviderAccessDenied),
    (refuse(429), ProviderRateLimited),
    (refuse(429, retry_after="5"), ProviderRateLimited),
    (refuse(429, x_ratelimit_reset="2030-01-01T00:00:00Z"), ProviderRateLimited),
    (refuse(429, x_ratelimit_interval_seconds="60"), ProviderRateLimited),
    (refuse(503, retry_after="5"), ProviderRateLimited),
    (refuse(302, location="https://acme.test/login"), ProviderConfigError),
    (refuse(204), ProviderResponseError),
    (refuse(418), ProviderResponseError),
)


class TestJiraCloudKeepsTheContract(ProviderContract):
    feeds = ("issues",)
    refusals = REFUSALS

    def build(self, http: FakeHttp) -> Provider:
        return cloud(http)

    def pages(self, feed: Feed) -> list[Replies]:
        undated = issue(4, status=status("Done"))
        other_project = issue(3, project={"id": "10001", "key": "XYZ"})
        return [
            (found(issue(1), issue(2), after="t2"), changes((1, [history(1)]), (2, []))),
            found(other_project, after="t3"),
            (found(undated), changes((4, [history(4, moved_on())])), project_statuses()),
        ]

    def rows(self, feed: Feed) -> int:
        return 4

    def page_with_a_bad_record(self) -> tuple[Response, bytes]:
        bad = issue(2, created="not a date", summary=TOKEN)
        return found(bad), msgspec.json.encode(bad)

    def scope_replies(self) -> list[Response]:
        return [myself(), project()]

    def test_bad_record_is_rejected_with_its_raw_and_the_page_continues(self) -> None:
        bad = issue(2, created="not a date", summary=TOKEN)
        replies = [found(issue(1), bad, issue(3)), changes((1, []), (3, []))]

        [page] = self.read("issues", replies=replies)

        [rejected] = page.rejected
        assert [record.key for record in page.records] == ["ABC-1", "ABC-3"]
        assert msgspec.json.decode(rejected.raw) == bad
        assert (rejected.source_id, rejected.reason) == ("1002", "`created` is not a date.")


class TestJiraDataCenterKeepsTheContract(ProviderContract):
    feeds = ("issues",)
    refusals = REFUSALS

    def build(self, http: FakeHttp) -> Provider:
        return server(http)

    def pages(self, feed: Feed) -> Sequence[Replies]:
        rows = [server_issue(1, history(1)), server_issue(2), server_issue(3), server_issue(4)]
        return [
            found_by_server(*rows[:2], total=4),
            found_by_server(*rows[1:3], start=1, total=4),
            found_by_server(*rows[2:], start=2, total=4),
        ]

    def rows(self, feed: Feed) -> int:
        return 6  # each page begins with the last issue of the one before

    def page_with_a_bad_record(self) -> tuple[Response, bytes]:
        odd = {"id": "9", "name": "Odd", "statusCategory": {"key": "odd"}}
        bad = server_issue(2, status=odd, summary=TOKEN)
        page = found_by_server(server_issue(1), bad, server_issue(3))
        return page, msgspec.json.encode(bad)

    def scope_replies(self) -> list[Response]:
        return [reply(server_user()), project()]


@pytest.mark.parametrize("build_dialect", [cloud, server])
def test_feeds_it_does_not_have_are_not_offered(build_dialect):
    provider = build_dialect(FakeHttp([]))

    assert (provider.feeds, provider.has_etags, provider.issues_move) == (("issues",), False, True)


def test_the_registry_builds_it():
    scope = Scope(base_url=CLOUD, scope="ABC", token=TOKEN)

    assert type(build("jira", scope, FakeHttp([]))) is PROVIDERS["jira"]


def given(**other: str) -> dict[str, str]:
    return {"site_url": SITE, "project_key": "abc", "token": TOKEN, "email": ""} | other


def test_a_scope_is_made_of_what_a_person_gives():
    scope = Jira.scope_of(given(project_key=" abc ", email=" ann@acme.test "))

    assert scope == Scope(base_url=SITE, scope="ABC", token=TOKEN, account="ann@acme.test")


@pytest.mark.parametrize("below", ["/", "/browse/ABC-1", "/jira/software/projects/ABC/boards/1"])
def test_an_address_copied_from_the_browser_is_cut_to_its_root(below):
    assert Jira.scope_of(given(site_url=SITE + below)).base_url == SITE


def test_the_path_that_a_server_lives_under_is_kept():
    copied = f"{SERVER_SITE}/projects/ABC/issues?filter=1"

    assert Jira.scope_of(given(site_url=copied)).base_url == SERVER_SITE


@pytest.mark.parametrize("key", ["", "A B", "ABC-1", 'A" OR 1=1', "../x", "1AB", "Ä", "A" * 81])
def test_what_is_no_project_key_is_refused(key):
    with pytest.raises(ProviderConfigError, match="project key"):
        Jira.scope_of(given(project_key=key))


def test_a_server_that_was_not_asked_yet_is_asked_once():
    http = FakeHttp([server_info(), found(), found()])
    provider = cloud(http, base_url=SITE)

    list(provider.census())
    list(provider.census())

    assert http.urls == [f"{SITE}/rest/api/2/serverInfo"] + [f"{CLOUD}/search/jql"] * 2


def test_a_page_that_was_kept_with_the_statuses_last_can_be_mapped_still():
    undated = issue(1, status=status("Done"), comment=comments(comment(1), total=2))
    answers = [
        found(undated),
        changes((1, [history(1, moved_on())])),
        project_statuses(),
        reply(comments(comment(1), comment(2))),
    ]
    [page] = cloud(FakeHttp(list(answers))).fetch_issues(Cursor())
    first, log, words, talk = (each.body for each in page.raw)

    again = cloud(FakeHttp([])).parse_page("issues", [first, log, talk, words])

    assert (again.records, again.comments) == (page.records, page.comments)
