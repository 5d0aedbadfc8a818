"""Pages in the shapes Stack Exchange was recorded sending: what each of them becomes."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from integrations.providers.contract.base import Cursor, ProviderConfigError, ProviderRateLimited
from integrations.providers.parsing.validate import clean_record
from integrations.providers.stackoverflow import client
from integrations.providers.stackoverflow.assemble import read_page
from integrations.tests.provider_contract import FakeHttp, check_well_formed, reply
from integrations.tests.stack_pages import API, FILTER, stack
from tests.recorded_pages import load


@pytest.fixture(autouse=True)
def known_filter(monkeypatch):
    monkeypatch.setattr(client, "_filters", {API: FILTER})


@pytest.fixture(scope="module")
def page():
    return read_page([json.dumps({"items": load("stackoverflow/questions_with_answers")}).encode()])


@pytest.fixture(scope="module")
def by_key(page):
    return {record.key: record for record in page.records}


def moment(epoch):
    return datetime.fromtimestamp(epoch, UTC)


def test_every_question_is_an_issue(page):
    assert [record.source_issue_id for record in page.records] == [
        "70008", "70036", "70050", "70064",
    ]  # fmt: skip
    assert (page.skipped, page.rejected, page.notes) == (0, (), ())
    for record in (*page.records, *page.comments, *page.transitions):
        check_well_formed(record)
        assert clean_record(record) == (record, 0)


@pytest.mark.parametrize(
    ("key", "state", "closed_at"),
    [
        ("Q70008", ("accepted", "done", "delivered"), 1_710_450_000),
        ("Q70036", ("accepted", "done", "delivered"), 1_710_090_061),
        ("Q70050", ("closed", "done", "not_planned"), 1_710_810_549),
        ("Q70064", ("unanswered", "todo", None), None),
    ],
)
def test_status_outcome_and_end(by_key, key, state, closed_at):
    record = by_key[key]

    assert (record.source_status, record.status, record.outcome) == state
    assert record.closed_at == (moment(closed_at) if closed_at else None)


def test_dates_texts_and_people(by_key):
    record = by_key["Q70036"]

    assert record.opened_at == moment(1_710_000_000)
    assert record.source_updated_at == moment(1_710_450_305)
    assert record.title == "Dimmer ignores the lowest step"
    assert record.body == "The lowest step does *nothing* & hums."
    assert (record.author.source_person_id, record.author.login) == ("70029", "Ilse Fern")
    assert record.url == "https://conlang.meta.stackexchange.com/questions/70036"
    assert [label.name for label in record.labels] == ["bulb"]


def test_answers_come_along(page):
    assert [(c.issue.key, c.source_comment_id, c.kind, c.body) for c in page.comments] == [
        ("Q70008", "answer:70015", "answer", "Use `a thicker cable`."),
        ("Q70008", "answer:70022", "answer", "It happens on the blue model only."),
        ("Q70036", "answer:70043", "answer", "Fixed by the new switch."),
    ]


def test_deleted_account_keeps_its_name(page):
    [gone] = [each.author for each in page.comments if each.author.is_deleted]

    assert (gone.source_person_id, gone.login) == ("deleted:Odo Park", "Odo Park")


def test_history_is_what_the_dates_say(page):
    assert [(t.issue.key, t.from_value, t.to_value) for t in page.transitions] == [
        ("Q70008", "unanswered", "answered"),
        ("Q70008", "answered", "accepted"),
        ("Q70036", "unanswered", "answered"),
        ("Q70036", "answered", "accepted"),
        ("Q70050", "unanswered", "closed"),
    ]


def test_pages_are_followed_from_the_last_activity():
    http = FakeHttp([reply(load("stackoverflow/page_1")), reply(load("stackoverflow/page_2"))])

    first, last = stack(http, tags="lamp").fetch_issues(Cursor())

    assert [record.key for record in first.records] == ["Q70301", "Q70302"]
    assert [record.key for record in last.records] == ["Q70303"]
    assert f"min={first.records[-1].source_updated_at.timestamp():.0f}" in http.urls[1]
    assert [(limit, left) for limit, left, _ in http.quotas] == [(10_000, 9_971), (10_000, 9_970)]


def test_typed_text_loses_its_escapes_only():
    http = FakeHttp([reply(load("stackoverflow/page_1") | {"has_more": False})])

    [page] = stack(http, tags="lamp").fetch_issues(Cursor())

    record, _ = page.records
    assert record.title == 'Why does the lamp "hum"?'
    assert record.body == "It hums at **50 Hz**.\n\nWhy?"
    assert (record.status, record.author.login) == ("todo", "mara-quill")


def test_answer_and_comment_of_a_recorded_page():
    http = FakeHttp([reply(load("stackoverflow/page_1") | {"has_more": False})])

    [page] = stack(http, tags="lamp").fetch_issues(Cursor())

    answer, comment = page.comments
    assert (answer.source_comment_id, answer.author.login) == ("answer:70312", "tobin-reed")
    assert answer.body == "The coil swings. Use a DC bulb."
    assert (comment.source_comment_id, comment.author.login) == ("comment:70322", "ilse-fern")
    assert comment.commented_at == moment(1_710_093_600)


def test_backoff_is_heeded():
    whole = load("stackoverflow/page_backoff") | {"has_more": False}
    http = FakeHttp([reply(whole)])

    [page] = stack(http, tags="lamp").fetch_issues(Cursor())

    assert [record.key for record in page.records] == ["Q70304"]
    assert len(http.pauses) == 1
    assert http.pauses[0] >= timedelta(seconds=10)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("error_throttle", ProviderRateLimited), ("error_parameter", ProviderConfigError)],
)
def test_refusals(name, kind):
    error = load(f"stackoverflow/{name}")

    with pytest.raises(kind) as failure:
        list(stack(FakeHttp([reply(error, 400)])).fetch_issues(Cursor()))

    assert error["error_message"] not in str(failure.value)
    assert failure.value.retry_after == (
        timedelta(minutes=10) if kind is ProviderRateLimited else None
    )
