"""Mapping of recorded rows from two sites.

The rows are not part of the project; without them these tests are skipped, and
`test_stackoverflow_recorded_shapes.py` shows the same mapping on rows made here.
"""

import json
import lzma
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from integrations.providers.contract.base import Cursor
from integrations.providers.parsing.validate import clean_record
from integrations.providers.stackoverflow import client
from integrations.providers.stackoverflow.assemble import read_page
from integrations.tests.provider_contract import FakeHttp, check_well_formed, reply
from integrations.tests.stack_pages import API, FILTER, stack

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SITES = {"coffee": 225, "conlang_meta": 54}

pytestmark = pytest.mark.skipif(
    not (DATA / "stackexchange").is_dir(),
    reason="279 real rows, third-party data, are not on this machine",
)


@cache
def rows(site):
    path = DATA / "stackexchange" / f"{site}_questions.jsonl.xz"
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@cache
def read(site):
    return read_page([json.dumps({"items": rows(site)}).encode()])


def recorded(name):
    return json.loads((DATA / "recorded/perceval/stackexchange" / f"{name}.json").read_text())


@pytest.mark.parametrize("site", SITES)
def test_every_row_becomes_a_question(site):
    page = read(site)

    assert (len(page.records), len(page.rejected), page.skipped) == (SITES[site], 0, 0)
    assert page.notes == ()
    for record in (*page.records, *page.comments, *page.transitions):
        check_well_formed(record)
        assert clean_record(record) == (record, 0)


@pytest.mark.parametrize("site", SITES)
def test_every_answer_comes_along(site):
    answers = [answer["answer_id"] for row in rows(site) for answer in row.get("answers", ())]

    found = [each.source_comment_id for each in read(site).comments]

    assert sorted(found) == sorted(f"answer:{number}" for number in answers)


@pytest.mark.parametrize("site", SITES)
def test_outcomes_are_those_of_the_rows(site):
    expected = Counter(
        "accepted"
        if "accepted_answer_id" in row and row.get("closed_reason") != "Duplicate"
        else "closed"
        if "closed_date" in row
        else "answered"
        if row["answer_count"]
        else "unanswered"
        for row in rows(site)
    )

    words = Counter(record.source_status.partition(":")[0] for record in read(site).records)

    assert words == expected


@pytest.mark.parametrize("site", SITES)
def test_author_and_link_stay_with_every_text(site):
    """CC BY-SA requires both."""
    page = read(site)

    assert all(record.author and record.url for record in page.records)
    assert all(comment.author and comment.url for comment in page.comments)


@pytest.mark.parametrize("site", SITES)
def test_no_markup_is_left_in_what_people_wrote(site):
    page = read(site)

    for text in (*(each.body for each in page.records), *(each.body for each in page.comments)):
        assert text
        assert "<p>" not in text.replace("`<p>`", "")
        assert "&amp;" not in text


def test_deleted_accounts_keep_their_names():
    people = {
        each.author for each in (*read("conlang_meta").records, *read("conlang_meta").comments)
    }
    gone = [each for each in people if each.is_deleted]

    assert gone
    assert all(each.source_person_id == f"deleted:{each.login}" for each in gone)


def test_recorded_pages_are_followed_to_the_last(monkeypatch):
    monkeypatch.setattr(client, "_filters", {API: FILTER})
    first, last = map(recorded, ("stackexchange_question_page", "stackexchange_question_page_2"))
    http = FakeHttp([reply(first), reply(last)])

    pages = list(stack(http).fetch_issues(Cursor()))

    assert [each.rejected for each in pages] == [(), ()]
    assert [record.author.login for record in pages[0].records] == ["zhquan_example_3"] * 2
    assert f"min={first['items'][-1]['last_activity_date']}" in http.urls[1]


def test_recorded_backoff_is_applied(monkeypatch):
    monkeypatch.setattr(client, "_filters", {API: FILTER})
    told = recorded("stackexchange_question_backoff_page")
    http = FakeHttp([reply(told), reply({"items": [], "has_more": False})])

    next(stack(http).fetch_issues(Cursor()))

    assert len(http.pauses) == 1
