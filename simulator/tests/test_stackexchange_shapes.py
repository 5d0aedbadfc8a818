"""The simulated Stack Exchange: fields, filters and texts."""

import gzip
import json
import lzma
from pathlib import Path

import pytest

from simulator.stackexchange import filters
from simulator.stackexchange.fields import PERCEVAL_FILTER
from simulator.tests.simulated_stackexchange import Reader, first, reader
from tests.recorded_pages import load

__all__ = ["reader"]
REAL = Path(__file__).resolve().parents[3] / "shared/data/stackexchange/coffee_questions.jsonl.xz"
WRAPPER = {"items", "has_more", "quota_max", "quota_remaining"}


def question_with(reader: Reader, **wanted):
    """As the default filter shows it."""
    return reader.item(f"/questions/{first(reader, **wanted)}")


def made(reader: Reader, query: str) -> str:
    return reader.item(f"/filters/create?{query}", site="")["filter"]


# --- filters --------------------------------------------------------------------------------------


def test_default_filter_has_no_bodies_and_no_total(reader):
    page = reader.read("/questions")

    assert page.keys() == WRAPPER
    assert not any({"body", "answers", "comments"} & row.keys() for row in page["items"])


def test_withbody_adds_html(reader):
    row = reader.items("/questions?filter=withbody")[0]

    assert row["body"].startswith("<")
    assert "answers" not in row


def test_total_alone(reader):
    assert reader.read("/questions?filter=total") == {"total": 120}


def test_none_is_nothing(reader):
    assert reader.read("/questions?filter=none") == {}


def test_filter_nobody_made_is_refused(reader):
    assert reader.error("/questions?filter=!9Z(-wwYGT")[:2] == (400, "bad_parameter")


def test_filter_of_ones_own_shows_what_was_included(reader):
    name = made(reader, "include=.total;question.answers;answer.body&exclude=question.view_count")

    page = reader.read(f"/questions?filter={name}")

    assert page["total"] == 120
    assert "view_count" not in page["items"][0]
    assert all("body" in answer for row in page["items"] for answer in row.get("answers", []))


def test_filter_is_the_same_for_ever_and_everywhere(reader):
    query = "include=question.body&base=none"

    assert made(reader, query) == made(Reader(seed=9), query)
    assert Reader().item(f"/filters/{made(reader, query)}", site="") == {
        "filter": made(reader, query), "filter_type": "safe", "included_fields": ["question.body"],
    }  # fmt: skip


def test_field_nobody_knows_cannot_be_included(reader):
    assert reader.error("/filters/create?include=question.smell", site="")[1] == "bad_parameter"


def test_safe_titles_are_escaped_and_unsafe_ones_are_not(reader):
    question = reader.changes.ask(title="""Is "a < b" & c's fine?""", body="See <b> & co")
    unsafe = made(reader, "include=question.body&unsafe=true")

    safe = reader.item(f"/questions/{question.id}?filter=withbody")
    raw = reader.item(f"/questions/{question.id}?filter={unsafe}")

    assert safe["title"] == "Is &quot;a &lt; b&quot; &amp; c&#39;s fine?"
    assert raw["title"] == """Is "a < b" & c's fine?"""
    assert safe["body"] == raw["body"] == "<p>See &lt;b&gt; &amp; co</p>\n"


def test_percevals_filter_has_markdown_and_no_comment_texts(reader):
    question = first(reader, answers=())
    reader.changes.comment(question)
    reader.changes.answer(question, body="**Like** this.")

    row = reader.item(f"/questions/{question}?filter={PERCEVAL_FILTER}")

    assert row["answers"][0]["body_markdown"] == "**Like** this."
    assert "body" not in row
    assert not {"body", "body_markdown"} & row["comments"][-1].keys()
    assert row["owner"].keys() >= {"badge_counts"} or row["owner"]["user_type"] != "registered"


# --- questions ------------------------------------------------------------------------------------


def test_what_does_not_apply_is_absent(reader):
    row = question_with(reader, accepted_answer_id=None, closed_at=None, answers=())

    assert not {"accepted_answer_id", "closed_date", "closed_reason"} & row.keys()
    assert (row["answer_count"], row["is_answered"]) == (0, False)
    assert None not in row.values()


def test_answers_without_votes_answer_nothing(reader):
    question = first(reader, answers=())
    answer = reader.changes.answer(question, score=0)

    assert reader.item(f"/questions/{question}")["is_answered"] is False
    reader.changes.vote(answer.id, score=1)
    assert reader.item(f"/questions/{question}")["is_answered"] is True


def test_duplicate_names_its_original(reader):
    question = first(reader, closed_reason="Duplicate")
    name = made(reader, "include=question.closed_details")

    row = reader.item(f"/questions/{question}?filter={name}")

    assert row["closed_reason"] == "Duplicate"
    (original,) = row["closed_details"]["original_questions"]
    assert original["question_id"] == reader.truth[question].duplicate_of
    assert row["closed_details"]["by_users"][0]["user_type"] == "registered"


def test_history_has_every_ending():
    questions = Reader(questions=800).truth.values()

    assert {row.closed_reason for row in questions} == {
        None, "Duplicate", "Needs details or clarity", "Needs more focus", "Opinion-based",
        "Not suitable for this site", "Not reproducible or was caused by a typo",
    }  # fmt: skip
    assert any(row.duplicate_of and row.closed_at is None for row in questions)
    assert any("ENG-" in row.body for row in questions)
    assert any("http://tracker.test/octo/engine/issues/" in row.body for row in questions)


@pytest.mark.parametrize(
    "field",
    ["bounty_amount", "locked_date", "community_owned_date", "protected_date", "last_edit_date"],
)
def test_some_question_has_it(field):
    reader = Reader(questions=600)
    rows = [
        row for page in range(1, 7) for row in reader.items(f"/questions?pagesize=100&page={page}")
    ]

    assert any(field in row for row in rows)


def test_deleted_account_leaves_a_name_and_no_id(reader):
    question = first(reader, closed_at=None)
    reader.changes.delete_owner(question)

    owner = reader.item(f"/questions/{question}")["owner"]

    assert owner["user_type"] == "does_not_exist"
    assert owner["display_name"].startswith("user")
    assert owner.keys() == {"user_type", "display_name"}


def test_code_becomes_a_block(reader):
    question = reader.changes.ask(body="Look:\n\n```toml\na = 1 < 2\n```\n\n- x\n- **y**")

    body = reader.item(f"/questions/{question.id}?filter=withbody")["body"]

    assert "<pre><code>a = 1 &lt; 2\n</code></pre>" in body
    assert "<ul>\n<li>x</li>\n<li><strong>y</strong></li>\n</ul>" in body


def test_licence_and_link_come_with_everything(reader):
    row = reader.items("/questions?pagesize=1")[0]

    assert row["content_license"] == "CC BY-SA 4.0"
    assert row["link"].startswith(f"https://stackoverflow.com/questions/{row['question_id']}/")


# --- against what was recorded --------------------------------------------------------------------


def check_percevals_fields(items: list[dict]) -> None:
    shown = filters.find(PERCEVAL_FILTER)
    for row in items:
        assert row.keys() <= shown.of("question")
        assert row["owner"].keys() <= shown.of("shallow_user")
        for answer in row["answers"]:
            assert answer.keys() <= shown.of("answer")
        for comment in row["comments"]:
            assert comment.keys() <= shown.of("comment")


def check_question_fields(reader: Reader, items: list[dict]) -> None:
    name = made(reader, "include=question.body;question.answers;answer.body")
    shown = filters.find(name)
    for row in items:
        assert row.keys() <= shown.of("question")
        assert all(answer.keys() <= shown.of("answer") for answer in row["answers"])


@pytest.mark.parametrize("name", ["page_1", "page_2", "page_backoff"])
def test_recorded_shape_has_only_fields_that_are_shown_here(name):
    check_percevals_fields(load(f"stackoverflow/{name}")["items"])


def test_recorded_questions_have_only_fields_that_are_shown_here(reader):
    check_question_fields(reader, load("stackoverflow/questions_with_answers"))


@pytest.mark.skipif(
    not REAL.exists(), reason="the real questions, third-party data, are not on this machine"
)
def test_real_questions_have_only_fields_that_are_shown_here(reader):
    with lzma.open(REAL, "rt") as lines:
        check_question_fields(reader, [json.loads(line) for line in lines])


def test_answers_are_always_compressed(reader):
    reply = reader.ask("/questions?pagesize=1&filter=total")

    assert reply.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(reply.body)) == {"total": 120}
    assert reader.ask("/nothing").headers["Content-Encoding"] == "gzip"
