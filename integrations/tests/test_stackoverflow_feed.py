"""Reading of questions by tag: requests, order and end."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations.providers.contract.base import Cursor, ProviderConfigError, ProviderResponseError
from integrations.providers.stackoverflow import client
from integrations.tests.provider_contract import TOKEN, FakeHttp
from integrations.tests.stack_pages import (
    API,
    FILTER,
    START,
    answer,
    comment,
    page,
    question,
    stack,
)

SINCE = Cursor(since=datetime.fromtimestamp(START, UTC))


@pytest.fixture(autouse=True)
def known_filter(monkeypatch):
    monkeypatch.setattr(client, "_filters", {API: FILTER})


def active(number, at):
    return question(number, last_activity_date=START + at)


def asked(http):
    """Return the query of each request, one value per name."""
    return [{n: v[0] for n, v in parse_qs(urlsplit(url).query).items()} for url in http.urls]


def test_a_first_pass_asks_without_min():
    http = FakeHttp([page()])

    list(stack(http).fetch_issues(Cursor()))

    [url] = http.urls
    assert url.startswith(f"{API}/questions?tagged=python&filter=%21made-once&sort=activity")
    assert url.endswith(f"&order=asc&page=1&pagesize=100&site=stackoverflow&key={TOKEN}")


def test_the_next_page_begins_at_the_last_row_of_this_one():
    http = FakeHttp([page(active(1, 10), active(2, 20), more=True), page(active(2, 20))])

    list(stack(http).fetch_issues(Cursor()))

    assert [(each.get("min"), each["page"]) for each in asked(http)] == [
        (None, "1"),
        (str(START + 20), "1"),
    ]


def test_a_page_of_one_second_is_turned_by_number():
    http = FakeHttp(
        [
            page(active(1, 5), more=True),
            page(active(1, 5), active(2, 5), more=True),
            page(active(3, 5), active(4, 6), more=True),
            page(active(4, 6)),
        ]
    )

    list(stack(http).fetch_issues(Cursor()))

    assert [(each.get("min"), each["page"]) for each in asked(http)] == [
        (None, "1"),
        (str(START + 5), "1"),
        (str(START + 5), "2"),
        (str(START + 6), "1"),
    ]


def test_a_page_that_repeats_is_refused():
    same = page(active(1, 5), more=True)

    with pytest.raises(ProviderResponseError, match="same page repeatedly"):
        list(stack(FakeHttp([same] * 9)).fetch_issues(Cursor()))


def test_a_server_that_ignores_min_is_found_out():
    http = FakeHttp([page(active(1, 5), active(2, 9), more=True)] * 2)

    with pytest.raises(ProviderResponseError, match="from before the requested date"):
        list(stack(http).fetch_issues(Cursor()))


def test_an_empty_page_with_more_behind_it_is_refused():
    with pytest.raises(ProviderResponseError, match="sent an empty page"):
        list(stack(FakeHttp([page(more=True)])).fetch_issues(Cursor()))


@pytest.mark.parametrize("wrapper", [{"items": []}, {"items": [], "has_more": "no"}])
def test_a_page_that_does_not_say_whether_there_is_more_is_not_the_end(wrapper):
    http = FakeHttp([page(**wrapper) if "has_more" in wrapper else page(has_more=None)])

    with pytest.raises(ProviderResponseError):
        list(stack(http).fetch_issues(Cursor()))


def test_a_later_pass_is_one_request_where_the_newest_page_reaches_back():
    http = FakeHttp([page(active(2, 50), active(1, -1), more=True)])

    [only] = stack(http).fetch_issues(SINCE)

    assert [record.key for record in only.records] == ["Q2", "Q1"]
    [query] = asked(http)
    assert (query["order"], query["sort"], query["page"]) == ("desc", "activity", "1")
    assert "min" not in query


def test_a_later_pass_reads_on_from_since_where_more_has_happened():
    http = FakeHttp(
        [
            page(active(9, 90), active(8, 80), more=True),
            page(active(1, 10), active(8, 80), more=True),
            page(active(8, 80), active(9, 90)),
        ]
    )

    pages = list(stack(http).fetch_issues(SINCE))

    assert {record.key for each in pages for record in each.records} == {"Q1", "Q8", "Q9"}
    assert [each.get("min") for each in asked(http)] == [None, str(START), str(START + 80)]


def test_what_is_as_old_as_since_may_have_more_beside_it():
    http = FakeHttp([page(active(1, 0), more=True), page(active(1, 0), active(2, 0))])

    list(stack(http).fetch_issues(SINCE))

    assert len(http.urls) == 2


def test_tags_are_read_one_after_the_other():
    """Several tags in one query would mean "all of these"."""
    http = FakeHttp([page(active(1, 10)), page(active(1, 10), active(2, 20))])

    pages = list(stack(http, tags="c#;python").fetch_issues(Cursor()))

    assert [each["tagged"] for each in asked(http)] == ["c#", "python"]
    assert [each.next_token is None for each in pages] == [False, True]


def test_pass_resumes_in_the_tag_it_stopped_in():
    replies = [page(active(3, -5)), page(active(1, 10), more=True), page(active(1, 10))]
    first, second, _ = stack(FakeHttp(replies[:]), tags="a;b").fetch_issues(SINCE)

    http = FakeHttp(replies[1:])
    list(stack(http, tags="a;b").fetch_issues(Cursor(page_token=first.next_token)))
    later = FakeHttp(replies[2:])
    list(stack(later, tags="a;b").fetch_issues(Cursor(page_token=second.next_token)))

    assert [(each["tagged"], each["order"]) for each in asked(http)] == [
        ("b", "desc"),
        ("b", "asc"),
    ]
    assert asked(later)[0]["min"] == str(START)


@pytest.mark.parametrize("token", ["?", "{}", '{"tag":"gone"}', '{"tag":"python","since":"x"}'])
def test_a_token_that_is_no_place_is_refused(token):
    with pytest.raises(ProviderConfigError, match="starts again"):
        list(stack(FakeHttp([])).fetch_issues(Cursor(page_token=token)))


def test_a_page_says_when_it_was_made_and_keeps_its_reply():
    http = FakeHttp([answered := page(active(1, 10))])

    [only] = stack(http).fetch_issues(Cursor())

    assert only.upstream_time == datetime(2025, 11, 22, 10, tzinfo=UTC)
    assert only.raw == (answered.raw,)
    assert only.total is None


def test_the_census_lists_whole_rows_by_creation():
    old, young = question(1), question(2, creation_date=START + 7)
    http = FakeHttp([page(old, young, more=True), page(young), page(young)])

    pages = list(stack(http, tags="a;b").census())

    assert [len(each.records) for each in pages] == [2, 1, 1]
    assert pages[0].records[0].source_updated_at == datetime.fromtimestamp(START + 1, UTC)
    assert {(each["sort"], each["filter"]) for each in asked(http)} == {("creation", FILTER)}
    assert [each.record.key for each in pages[0].records] == ["Q1", "Q2"]
    assert [each.get("min") for each in asked(http)] == [None, str(START + 7), None]


def test_the_census_resumes():
    old, young = question(1), question(2, creation_date=START + 7)
    http = FakeHttp([page(young)])

    first = next(stack(FakeHttp([page(old, young, more=True)])).census())
    [rest] = stack(http).census(first.next_token)

    assert [entry.key for entry in rest.records] == ["Q2"]
    assert asked(http)[0]["min"] == str(START + 7)


def test_a_row_of_the_census_that_cannot_be_read_is_listed_all_the_same():
    http = FakeHttp([page(question(1), question(2, title=None))])

    [only] = stack(http).census()

    assert [(entry.key, entry.record is None) for entry in only.records] == [
        ("Q1", False),
        ("Q2", True),
    ]
    assert [each.source_id for each in only.rejected] == ["2"]


def test_the_census_brings_history_along():
    below = [answer(11, on=1, comments=[comment(21, on=11)])]
    http = FakeHttp([answered := page(question(1, answers=below, accepted_answer_id=11))])

    [only] = stack(http).census()

    assert [each.source_comment_id for each in only.comments] == ["answer:11", "comment:21"]
    assert [each.to_value for each in only.transitions] == ["answered", "accepted"]
    assert (only.whole_comments_of, only.raw) == (("1",), (answered.raw,))


def test_one_tag_can_be_counted():
    http = FakeHttp([page(total=42)])

    assert stack(http).count() == 42
    assert asked(http)[0]["filter"] == "total"


def test_several_tags_cannot_be_counted():
    assert stack(FakeHttp([]), tags="a;b").count() is None
