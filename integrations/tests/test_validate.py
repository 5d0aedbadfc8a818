"""Validated records can be stored and shown safely."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from integrations.providers.contract.base import (
    CommentRecord,
    IssueRecord,
    IssueRef,
    LabelRecord,
    PersonRecord,
    TransitionRecord,
)
from integrations.providers.parsing.limits_and_text import (
    EARLIEST,
    MAX_BODY,
    MAX_COUNT,
    MAX_TITLE,
    clean_text,
)
from integrations.providers.parsing.validate import clean_record

AT = datetime(2024, 1, 2, tzinfo=UTC)
ANN = PersonRecord(source_person_id="7", login="ann", url="https://github.com/ann")
ISSUE = IssueRecord(
    source_issue_id="1",
    key="#1",
    url="https://github.com/octo/hello/issues/1",
    title="Crash 💥 on start",
    body="Steps …",
    status="todo",
    source_status="open",
    outcome=None,
    author=ANN,
    assignees=(ANN,),
    labels=(LabelRecord(name="bug", colour="d73a4a"),),
    comment_count=3,
    opened_at=AT,
    closed_at=None,
    source_updated_at=AT,
)

# All of Unicode, NUL and lone surrogates in front.
TEXTS = st.text(st.characters() | st.sampled_from("\0\ud800\udfff"), max_size=300)
DATES = st.datetimes(timezones=st.just(UTC))
PEOPLE = st.builds(PersonRecord, source_person_id=TEXTS, login=TEXTS, display_name=TEXTS, url=TEXTS)
REFS = st.builds(IssueRef, source_issue_id=TEXTS, key=TEXTS)
ISSUES = st.builds(
    IssueRecord,
    source_issue_id=TEXTS,
    key=TEXTS,
    url=TEXTS,
    title=TEXTS,
    body=TEXTS,
    status=st.just("todo"),
    source_status=TEXTS,
    outcome=st.none(),
    type=TEXTS,
    priority=TEXTS,
    author=st.none() | PEOPLE,
    assignees=st.lists(PEOPLE, max_size=2).map(tuple),
    labels=st.lists(st.builds(LabelRecord, name=TEXTS, colour=TEXTS), max_size=3).map(tuple),
    comment_count=st.none() | st.integers(),
    opened_at=DATES,
    closed_at=st.none() | DATES,
    source_updated_at=DATES,
)
COMMENTS = st.builds(
    CommentRecord,
    source_comment_id=TEXTS,
    issue=REFS,
    author=st.none() | PEOPLE,
    body=TEXTS,
    url=TEXTS,
    commented_at=DATES,
    source_updated_at=DATES,
)
TRANSITIONS = st.builds(
    TransitionRecord,
    source_event_id=TEXTS,
    issue=REFS,
    field=TEXTS,
    from_value=TEXTS,
    to_value=TEXTS,
    actor=st.none() | PEOPLE,
    occurred_at=DATES,
)


def test_a_record_that_is_fine_is_the_very_same():
    cleaned, repairs = clean_record(ISSUE)

    assert cleaned is ISSUE
    assert repairs == 0


@given(ISSUES | COMMENTS | TRANSITIONS | PEOPLE)
def test_what_leaves_the_door_can_be_stored(record):
    cleaned, repairs = clean_record(record)

    assert (repairs == 0) == (cleaned == record)
    assert clean_record(cleaned) == (cleaned, 0)
    assert msgspec.json.encode(cleaned)
    check_fits(cleaned)


def check_fits(record: Any) -> None:
    limits = {"title": MAX_TITLE, "body": MAX_BODY, "url": 500, "login": 255, "field": 32}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, str):
            assert "\0" not in value, name
            default = 64 if name.endswith("_id") or name == "key" else 1_000
            assert len(value) <= limits.get(name, default), name
        if isinstance(value, datetime):
            assert EARLIEST <= value <= datetime.now(UTC) + timedelta(days=1), name
        if isinstance(value, int):
            assert value <= MAX_COUNT
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, msgspec.Struct):
                check_fits(part)


@given(TEXTS, st.integers(1, 50))
def test_text_is_cut_with_a_mark(text, limit):
    cleaned, is_changed = clean_text(text, limit)

    assert len(cleaned) <= limit
    assert is_changed == (cleaned != text)
    assert cleaned.endswith("…") or len(text) <= limit


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "x" * 65_000}, {"title": "x" * 999 + "…"}),
        ({"body": "a\0b\ud800"}, {"body": "a\ufffdb\ufffd"}),
        ({"url": "javascript:alert(1)"}, {"url": ""}),
        ({"url": "https://x/" + "y" * 500}, {"url": ""}),
        ({"comment_count": -1}, {"comment_count": None}),
        ({"comment_count": 2**63}, {"comment_count": None}),
        ({"closed_at": AT.replace(year=9999)}, {"closed_at": None}),
        ({"opened_at": AT.replace(year=1)}, {"opened_at": AT}),
        ({"source_updated_at": AT.replace(year=9999)}, {"source_updated_at": AT}),
        ({"labels": (LabelRecord(name="a", colour="red"),)}, {"labels": (LabelRecord(name="a"),)}),
        ({"labels": (LabelRecord(name=""),)}, {"labels": ()}),
        ({"labels": (LabelRecord(name="a"),) * 2}, {"labels": (LabelRecord(name="a"),)}),
    ],
)
def test_what_is_not_fine_is_made_fine(change, expected):
    cleaned, repairs = clean_record(structs.replace(ISSUE, **change))

    assert cleaned == structs.replace(ISSUE, **expected)
    assert repairs == 1


def test_long_ids_stay_different():
    long = [structs.replace(ISSUE, source_issue_id="x" * 100 + end) for end in "ab"]

    first, second = (clean_record(record)[0].source_issue_id for record in long)

    assert first != second


def test_a_date_that_cannot_be_never_becomes_the_time_of_reading():
    never = structs.replace(
        ISSUE, opened_at=AT.replace(year=1), source_updated_at=AT.replace(year=2)
    )

    assert clean_record(never)[0].opened_at == EARLIEST


def test_a_thousand_labels_and_marks_of_writing_direction_pass():
    labels = tuple(LabelRecord(name=f"l{number}\u202e") for number in range(1_000))

    assert clean_record(structs.replace(ISSUE, labels=labels))[1] == 0
