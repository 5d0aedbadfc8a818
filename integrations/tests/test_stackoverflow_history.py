"""Answers and comments are included with questions; missing ones are fetched in bulk."""

import pytest

from integrations.providers.contract.base import (
    Cursor,
    Found,
    Gone,
    IssueRef,
    ProviderError,
    ProviderResponseError,
)
from integrations.providers.stackoverflow import client
from integrations.tests.provider_contract import FakeHttp, reply
from integrations.tests.stack_pages import (
    API,
    FILTER,
    NO_FILTERS,
    answer,
    comment,
    page,
    question,
    refusal,
    stack,
    wrapped,
)

MADE = page({"filter": FILTER, "filter_type": "safe", "included_fields": []})


@pytest.fixture(autouse=True)
def known_filter(monkeypatch):
    monkeypatch.setattr(client, "_filters", {API: FILTER})


def no_filter_known(monkeypatch):
    monkeypatch.setattr(client, "_filters", {})


def read(*replies):
    http = FakeHttp(list(replies))
    [only] = stack(http).fetch_issues(Cursor())
    return only, [url.removeprefix(API).partition("?")[0] for url in http.urls]


def ids(page):
    return [each.source_comment_id for each in page.comments]


def test_what_is_embedded_costs_no_request():
    below = answer(11, comments=[comment(22, on=11)])

    found, paths = read(page(question(answers=[below], comments=[comment(21)])))

    assert paths == ["/questions"]
    assert ids(found) == ["answer:11", "comment:21", "comment:22"]
    assert [each.kind for each in found.comments] == ["answer", "comment", "comment"]
    assert found.whole_comments_of == ("1",)
    assert found.records[0].comment_count == 3


def test_lists_shorter_than_their_counts_are_asked_for_together():
    short = [
        question(1, answers=[answer(11)], answer_count=2),
        question(2, comments=[], comment_count=1),
        question(3, answers=[answer(13, on=3, comment_count=1)]),
        question(4),
    ]

    found, paths = read(
        page(*short),
        page(answer(11), answer(12, comment_count=1)),
        page(comment(21, on=2)),
        page(comment(22, on=12), comment(23, on=13)),
    )

    assert paths[1:] == [
        "/questions/1/answers",
        "/questions/2/comments",
        "/answers/12;13/comments",
    ]
    assert len(found.comments) == 6
    assert found.whole_comments_of == ("1", "2", "3", "4")


def test_a_hundred_posts_a_request():
    many = [question(number, comment_count=1) for number in range(1, 102)]

    _, paths = read(page(*many), page(), page())

    assert [path.count(";") for path in paths] == [0, 99, 0]


def test_list_of_posts_is_paged_by_date():
    http = FakeHttp(
        [
            page(question(comment_count=3)),
            page(comment(1), comment(2), more=True),
            page(comment(2), comment(3)),
        ]
    )

    [found] = stack(http).fetch_issues(Cursor())

    assert f"min={comment(2)['creation_date']}" in http.urls[2]
    assert ids(found) == ["comment:1", "comment:2", "comment:3"]


def test_what_cannot_be_had_is_not_called_whole():
    found, _ = read(page(question(comment_count=2)), page(comment(21)))

    assert found.whole_comments_of == ()
    assert len(found.records) == 1


def test_a_history_that_fails_fails_the_page():
    with pytest.raises(ProviderError):
        read(page(question(comment_count=2)), refusal(500))


def test_unreadable_answer_does_not_affect_others():
    broken = answer(12, creation_date="soon")

    found, _ = read(page(question(answers=[answer(11), broken])), page(answer(11)))

    assert ids(found) == ["answer:11"]
    assert found.whole_comments_of == ()
    assert found.notes == ("Some answers or comments could not be read and were omitted.",)


def test_a_page_of_several_replies_is_made_again_without_a_request():
    http = FakeHttp([page(question(comment_count=1)), page(comment(21))])
    [found] = stack(http).fetch_issues(Cursor())

    again = stack(FakeHttp([])).parse_page("issues", [each.body for each in found.raw])

    assert len(found.raw) == 2
    assert again.comments == found.comments
    assert again.whole_comments_of == found.whole_comments_of


# --- the filter ----------------------------------------------------------------------------------


def test_the_filter_is_made_once_a_process(monkeypatch):
    no_filter_known(monkeypatch)

    _, first = read(MADE, page(question()))
    _, second = read(page(question()))

    assert first == ["/filters/create", "/questions"]
    assert second == ["/questions"]


def test_no_page_is_asked_for_its_total(monkeypatch):
    """Each further request doubles the cost."""
    no_filter_known(monkeypatch)
    http = FakeHttp([MADE, page(question())])

    list(stack(http).fetch_issues(Cursor()))

    assert not any("total" in url for url in http.urls)
    assert "unsafe=false" in http.urls[0]
    assert "question.answers%3Bquestion.comments" in http.urls[0]


def test_a_server_without_filters_is_asked_with_the_one_built_in(monkeypatch):
    no_filter_known(monkeypatch)
    bare = {key: text for key, text in question(answer_count=1).items() if key != "comment_count"}
    bare_answer = {key: text for key, text in answer().items() if key != "comment_count"}

    found, paths = read(
        NO_FILTERS, page(bare), page(bare_answer), page(comment(21)), page(comment(22, on=11))
    )

    assert paths[2:] == ["/questions/1/answers", "/questions/1/comments", "/answers/11/comments"]
    assert ids(found) == ["answer:11", "comment:21", "comment:22"]
    assert found.whole_comments_of == ("1",)
    assert found.records[0].comment_count == 3


@pytest.mark.parametrize("kind", ["unsafe", "invalid"])
def test_another_filter_than_the_one_asked_for_is_refused(monkeypatch, kind):
    no_filter_known(monkeypatch)

    with pytest.raises(ProviderResponseError, match="did not create the requested filter"):
        read(page({"filter": "!x", "filter_type": kind}))


# --- one question --------------------------------------------------------------------------------


def one(*replies, source_issue_id="1", key="", tags="python"):
    provider = stack(FakeHttp(list(replies)), tags=tags)
    return provider.fetch_one(IssueRef(source_issue_id=source_issue_id, key=key))


def test_one_question_comes_with_its_history():
    found = one(page(question(answers=[answer()], comments=[comment()])))

    assert isinstance(found, Found)
    assert (found.record.key, len(found.comments), found.has_history) == ("Q1", 2, True)
    assert [each.to_value for each in found.transitions] == ["answered"]


def test_one_question_is_found_by_its_key():
    assert isinstance(one(page(question()), source_issue_id="", key="Q1"), Found)


def test_what_the_site_no_longer_has_is_deleted():
    assert one(page()) == Gone(reason="deleted")


def test_a_question_that_lost_the_tags_has_moved_out():
    gone = one(page(question(tags=["java"])))

    assert gone == Gone(reason="moved", moved_to="https://stackoverflow.com/questions/1/why")


def test_one_of_the_tags_is_enough():
    assert isinstance(one(page(question(tags=["Python", "x"])), tags="c#;python"), Found)


def test_one_that_cannot_be_read_says_so():
    with pytest.raises(ProviderResponseError, match="cannot be read"):
        one(page(question(creation_date=None)))


@pytest.mark.parametrize("key", ["", "#1", "Q", "Qx", "1/../2"])
def test_what_is_no_number_is_not_asked_for(key):
    with pytest.raises(ProviderResponseError):
        one(source_issue_id="", key=key)


def test_a_refusal_is_no_deletion():
    with pytest.raises(ProviderError):
        one(refusal(404))


def test_an_answer_without_items_is_no_deletion():
    without = {name: value for name, value in wrapped().items() if name != "items"}

    with pytest.raises(ProviderResponseError):
        one(reply(without))
