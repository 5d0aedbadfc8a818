"""Pages whose follow-up requests are refused are read in parts."""

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.providers.contract.base import (
    Cursor,
    Page,
    ProviderConfigError,
    ProviderRateLimited,
)
from integrations.tests.jira_pages import (
    changes,
    cloud,
    comment,
    comments,
    found,
    found_by_server,
    issue,
    server,
    server_issue,
)
from integrations.tests.jira_wire import Site, site
from integrations.tests.provider_contract import FakeHttp, reply

MOST_WAITS = 40


def chatty_site(long: int = 12) -> Site:
    """Build a page in which `long` issues need a request of their own. A server sends all
    comments with their issues.
    """
    jira = site("cloud", issues=100)
    for number in range(1, long + 1):
        for turn in range(21):
            jira.changes.comment(f"ENG-{number}", body=f"Comment {turn}")
    jira.connect()
    return jira


def read_with_quota(jira: Site, quota: int, read) -> tuple[list, int]:
    """Read pages with a wait after each `quota` requests, each with a new provider."""
    jira.reader.jira.limits.quota = quota
    pages, token, waits = [], "", 0
    while waits < MOST_WAITS:
        try:
            for page in read(jira.provider(), token):
                pages.append(page)
                token = page.next_token or ""
            return pages, waits
        except ProviderRateLimited:
            waits += 1
            jira.later(seconds=quota)
    raise AssertionError(f"after {waits} waits it got through {sum(len(p.records) for p in pages)}")


def fetch(provider, token):
    return provider.fetch_issues(Cursor(page_token=token))


def census(provider, token):
    return provider.census(token)


@pytest.mark.parametrize(("long", "quota"), [(60, 25), (12, 4)])
def test_many_follow_up_requests_get_through_with_few_at_a_time(long, quota):
    jira = chatty_site(long)

    pages, waits = read_with_quota(jira, quota, fetch)

    truth = jira.truth()
    ids = [record.source_issue_id for page in pages for record in page.records]
    told = [comment.source_comment_id for page in pages for comment in page.comments]
    assert sorted(ids) == sorted(truth)
    assert len(told) == len(set(told)) == sum(each.comments for each in truth.values())
    assert {each for page in pages for each in page.whole_comments_of} == set(truth)
    assert waits > 1


def test_what_is_never_refused_is_one_page():
    jira = chatty_site()

    pages = list(fetch(jira.provider(), ""))

    assert [len(page.records) for page in pages] == [100]
    assert pages[0].next_token is None


def test_each_part_can_be_mapped_again():
    jira = chatty_site()
    pages, _ = read_with_quota(jira, 6, fetch)

    for page in pages:
        if page.raw:
            bodies = [each.body for each in page.raw]
            again = jira.provider().parse_page("issues", bodies)
            assert (again.records, again.comments) == (page.records, page.comments)
            assert again.transitions == page.transitions


def test_issues_that_come_and_go_between_the_parts_are_not_lost():
    jira = chatty_site()
    jira.reader.jira.limits.quota = 6
    [first] = stopped(fetch(jira.provider(), ""))
    jira.changes.delete("ENG-2")
    jira.changes.touch("ENG-70")
    jira.later(seconds=60)

    pages, _ = read_with_quota(
        jira, 6, lambda provider, token: fetch(provider, token or first.next_token)
    )

    ids = {record.source_issue_id for page in [first, *pages] for record in page.records}
    assert set(jira.truth()) <= ids


def stopped(pages: Iterator[Page[Any]]) -> list[Page[Any]]:
    """Return the pages before the refusal."""
    came: list[Page[Any]] = []
    with pytest.raises(ProviderRateLimited):
        for page in pages:
            came.append(page)  # noqa: PERF402  extend() would lose them
    return came


def test_a_census_gets_through_with_few_requests_at_a_time():
    jira = chatty_site()

    pages, _ = read_with_quota(jira, 3, census)

    assert {entry.source_issue_id for page in pages for entry in page.records} == set(jira.truth())


def test_where_not_even_the_changelog_comes_half_as_many_are_asked_for():
    rows = [issue(number) for number in range(1, 5)]
    refused = reply({}, 429, retry_after="5")
    [page] = stopped_cloud(found(*rows), changes((1, []), after="c2"), refused)
    http = FakeHttp([found(*rows), changes(), changes()])

    pages = list(cloud(http).fetch_issues(Cursor(page_token=page.next_token)))

    assert (page.records, page.raw) == ((), ())
    assert [body["issueIdsOrKeys"] for body in http.bodies[1:]] == [
        ["1001", "1002"],
        ["1003", "1004"],
    ]
    assert [len(page.records) for page in pages] == [2, 2]


def test_a_census_whose_changelog_is_refused_knows_what_is_there():
    """The engine resumes only from pages with stored census entries."""
    refused = reply({}, 429, retry_after="5")
    http = FakeHttp([found(issue(1), issue(2)), refused])

    [page] = stopped(cloud(http).census())

    assert [(entry.key, entry.record) for entry in page.records] == [
        ("ABC-1", None), ("ABC-2", None),
    ]  # fmt: skip
    assert page.next_token is not None


def test_where_the_first_has_the_refused_comments_fewer_are_asked_for():
    long = issue(1, comment=comments(comment(1), total=2))
    [page] = stopped_cloud(found(long, issue(2)), changes(), reply({}, 429, retry_after="5"))

    assert page.records == ()
    assert page.next_token is not None


def test_one_issue_that_is_refused_alone_is_asked_again_as_it_was():
    long = issue(1, comment=comments(comment(1), total=2))

    assert stopped_cloud(found(long), changes(), reply({}, 429, retry_after="5")) == []


def test_a_server_that_cuts_comments_short_is_read_in_parts():
    rows = [server_issue(n, comment=comments(comment(n), total=n)) for n in (1, 2, 3)]
    refused = reply({}, 429, retry_after="5")
    [page] = stopped(server(FakeHttp([found_by_server(*rows), refused])).fetch_issues(Cursor()))
    of_2, of_3 = ([comment(n * 10 + each) for each in range(n)] for n in (2, 3))
    http = FakeHttp([found_by_server(*rows), reply(comments(*of_2)), reply(comments(*of_3))])

    [rest] = server(http).fetch_issues(Cursor(page_token=page.next_token))

    assert [record.key for record in page.records] == ["ABC-1"]
    assert [record.key for record in rest.records] == ["ABC-2", "ABC-3"]
    assert (rest.next_token, len(rest.comments)) == (None, 5)


def test_invalid_page_token_restarts_the_pass():
    with pytest.raises(ProviderConfigError, match="page token"):
        list(cloud(FakeHttp([])).fetch_issues(Cursor(page_token="part:{")))


def stopped_cloud(*replies) -> list[Page[Any]]:
    return stopped(cloud(FakeHttp(list(replies))).fetch_issues(Cursor()))
