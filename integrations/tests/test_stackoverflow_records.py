"""Mapping of Stack Exchange's JSON."""

import json
from datetime import UTC, datetime

import pytest

from integrations.providers.contract.base import IssueRef, LinkRecord, PersonRecord, RejectedRecord
from integrations.providers.stackoverflow.assemble import read_page, read_question
from integrations.providers.stackoverflow.records import STATUSES
from integrations.tests.provider_contract import check_well_formed
from integrations.tests.stack_pages import START, answer, comment, question, wrapped

DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
CLOSED = {"closed_date": START + 500}


def read(*rows):
    return read_page([json.dumps(wrapped(*rows)).encode()])


def record(**other):
    [mapped] = read(question(**other)).records
    return mapped


def at(epoch):
    return datetime.fromtimestamp(epoch, UTC)


@pytest.mark.parametrize(
    ("given", "status", "word", "outcome"),
    [
        ({}, "todo", "unanswered", None),
        ({"answer_count": 2}, "in_progress", "answered", None),
        ({"answer_count": 2, "is_answered": True}, "in_progress", "answered", None),
        ({"accepted_answer_id": 11}, "done", "accepted", "delivered"),
        (CLOSED | {"closed_reason": "Duplicate"}, "done", "closed: duplicate", "duplicate"),
        (CLOSED | {"closed_reason": "exact duplicate"}, "done", "closed: exact duplicate",
         "duplicate"),
        (CLOSED | {"closed_reason": "Needs more focus"}, "done", "closed: needs more focus",
         "not_planned"),
        (CLOSED | {"closed_reason": "because &amp; so"}, "done", "closed: because & so",
         "not_planned"),
        (CLOSED, "done", "closed", "not_planned"),
        (CLOSED | {"migrated_to": {"question_id": 5}}, "done", "migrated", "moved"),
    ],
)  # fmt: skip
def test_status_and_outcome(given, status, word, outcome):
    mapped = record(**given)

    assert (mapped.status, mapped.source_status, mapped.outcome) == (status, word, outcome)


def test_accepted_and_then_closed_was_delivered():
    mapped = record(accepted_answer_id=11, closed_reason="Needs more focus", **CLOSED)

    assert (mapped.source_status, mapped.outcome) == ("accepted", "delivered")


def test_accepted_and_then_closed_as_a_duplicate_is_a_duplicate():
    mapped = record(accepted_answer_id=11, closed_reason="Duplicate", **CLOSED)

    assert (mapped.source_status, mapped.outcome) == ("closed: duplicate", "duplicate")


def test_every_known_status_is_named():
    words = {"unanswered", "answered", "accepted", "migrated", "closed", "closed: duplicate"}

    assert words <= STATUSES.keys()
    assert {STATUSES[word] for word in words} == {"todo", "in_progress", "done"}


def test_a_closed_question_is_over_when_it_was_closed():
    assert record(**CLOSED).closed_at == at(START + 500)


def test_an_accepted_one_when_the_accepted_answer_was_given():
    mapped = record(accepted_answer_id=12, answers=[answer(11), answer(12)])

    assert mapped.closed_at == at(answer(12)["creation_date"])


def test_an_accepted_answer_that_is_not_there_has_no_time():
    assert record(accepted_answer_id=99).closed_at is None


def test_a_question_is_mapped_whole():
    mapped = record(title="Tom &amp; &quot;Jerry&quot; &lt;3", tags=["c#", "python"])

    assert (mapped.source_issue_id, mapped.key) == ("1", "Q1")
    assert mapped.title == 'Tom & "Jerry" <3'
    assert mapped.body == "It is **slow**."
    assert mapped.url == "https://stackoverflow.com/questions/1/why"
    assert [label.name for label in mapped.labels] == ["c#", "python"]
    assert (mapped.opened_at, mapped.source_updated_at) == (at(START), at(START + 1))
    assert (mapped.type, mapped.priority, mapped.assignees) == ("", "", ())


def test_markdown_comes_decoded():
    """A "safe" filter encodes text for HTML."""
    assert record(body_markdown="a &lt; b &amp;&amp; c\r\n").body == "a < b && c\n"


def test_without_markdown_it_is_made_of_the_html():
    mapped = record(body_markdown=None, body="<p>a &lt; b</p>\n<pre><code>x\n\n\n y</code></pre>")

    assert mapped.body == "a < b\n\n```\nx\n\n\n y\n```"


def test_what_a_duplicate_duplicates_is_linked():
    details = {"reason": "Duplicate", "original_questions": [{"question_id": 9, "title": "t"}]}

    mapped = record(closed_reason="Duplicate", closed_details=details, **CLOSED)

    assert mapped.links == (
        LinkRecord(
            kind="duplicates",
            source_issue_id="9",
            key="Q9",
            url="https://stackoverflow.com/q/9",
        ),
    )


# --- people --------------------------------------------------------------------------------------


def test_an_author_is_known_by_number():
    assert record().author == PersonRecord(
        source_person_id="7",
        login="ann",
        display_name="ann",
        url="https://stackoverflow.com/users/7/ann",
    )


def test_of_a_deleted_account_the_name_stands_for_the_id():
    gone = {"display_name": "user&#39;23", "user_type": "does_not_exist"}

    author = record(owner=gone).author

    assert (author.source_person_id, author.is_deleted) == ("deleted:user'23", True)
    assert author.display_name == "user'23"


def test_the_communitys_own_account_is_a_bot():
    assert record(owner={"user_id": -1, "display_name": "Community"}).author.is_bot


@pytest.mark.parametrize("owner", [None, {}, {"user_type": "does_not_exist"}])
def test_missing_user_is_none(owner):
    assert record(owner=owner).author is None


# --- answers, comments, changes ------------------------------------------------------------------


def test_an_answer_is_a_comment_of_its_own_kind():
    [mapped] = read(question(answers=[answer(11)])).comments

    assert (mapped.source_comment_id, mapped.kind) == ("answer:11", "answer")
    assert mapped.issue == IssueRef(source_issue_id="1", key="Q1")
    assert mapped.url == "https://stackoverflow.com/a/11"
    assert mapped.author.login == "bob"
    assert mapped.commented_at == at(START + 111)
    assert mapped.source_updated_at == at(START + 211)
    check_well_formed(mapped)


def test_comments_of_question_and_answer_name_their_place():
    below = answer(11, comments=[comment(22, on=11)])

    _, ours, theirs = read(question(answers=[below], comments=[comment(21)])).comments

    assert ours.url == "https://stackoverflow.com/q/1#comment21_1"
    assert theirs.url == "https://stackoverflow.com/a/11#comment22_11"
    assert ours.issue == theirs.issue
    check_well_formed(theirs)


def test_a_link_that_is_given_is_taken():
    [mapped] = read(question(answers=[answer(link="https://stackoverflow.com/x#11")])).comments

    assert mapped.url == "https://stackoverflow.com/x#11"


def test_answers_and_comments_of_the_same_number_are_two():
    page = read(question(answers=[answer(5)], comments=[comment(5)]))

    assert len({each.source_comment_id for each in page.comments}) == 2


def steps(**other):
    found = read(question(**other)).transitions
    return [(each.from_value, each.to_value, each.occurred_at) for each in found]


def test_the_rows_date_the_first_answer_the_accepted_one_and_the_closing():
    assert steps(
        answers=[answer(12), answer(11)],
        accepted_answer_id=12,
        closed_reason="Duplicate",
        **CLOSED,
    ) == [
        ("unanswered", "answered", at(START + 111)),
        ("answered", "accepted", at(START + 112)),
        ("accepted", "closed: duplicate", at(START + 500)),
    ]


def test_a_closing_that_did_not_count_is_no_change():
    [*_, last] = steps(
        answers=[answer(11)], accepted_answer_id=11, closed_reason="Needs more focus", **CLOSED
    )

    assert last == ("answered", "accepted", at(START + 111))


def test_nothing_dated_is_no_change():
    assert steps() == []
    assert steps(answer_count=1) == []


def test_changes_have_ids_of_their_own():
    page = read(question(answers=[answer(11)], accepted_answer_id=11, **CLOSED))

    assert [each.source_event_id for each in page.transitions] == [
        f"1:answered:{START + 111}",
        f"1:accepted:{START + 111}",
    ]
    assert {each.field for each in page.transitions} == {"status"}


# --- what is odd ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "odd",
    [
        {"question_id": 0},
        {"question_id": "1"},
        {"title": None},
        {"creation_date": -1},
        {"last_activity_date": "2024-01-01"},
        {"creation_date": 10**15},
        {"tags": "python"},
        {"answers": {}},
        {"closed_date": 1.5},
        {"owner": 3},
    ],
)
def test_what_no_question_can_be_is_rejected(odd):
    rejected = read_question(json.dumps(question(2) | odd).encode())

    assert isinstance(rejected, RejectedRecord)
    assert rejected.source_id == "2" or "question_id" in odd


@pytest.mark.parametrize("raw", [DEEP, b"5", b"null", b"{", b"[]", b"{}", b'"x"'])
def test_what_is_no_record_at_all_is_rejected(raw):
    assert isinstance(read_question(raw), RejectedRecord)


def test_bad_bytes_cost_a_character():
    raw = json.dumps(question(title="caf?")).encode().replace(b"caf?", b"caf\xff")

    assert read_question(raw).title == "caf\ufffd"


def test_nothing_but_what_must_be():
    bare = {"question_id": 1, "title": "t", "creation_date": 5, "last_activity_date": 6}

    mapped = read_question(json.dumps(bare).encode())

    assert (mapped.body, mapped.url, mapped.author, mapped.labels) == ("", "", None, ())
    assert mapped.comment_count == 0
    check_well_formed(mapped)
