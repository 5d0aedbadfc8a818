"""The simulated Stack Exchange: what people do, and what it leaves in the feeds."""

import pytest

from simulator.tests.simulated_stackexchange import NOW, Reader, first, reader

__all__ = ["reader"]


@pytest.fixture
def question(reader: Reader) -> int:
    """An open one with answers, none accepted."""
    return next(
        row.id for row in reader.truth.values()
        if row.answers and row.accepted_answer_id is None and row.closed_at is None
    )  # fmt: skip


def active(reader: Reader) -> list[int]:
    """The questions that a reader finds who asks what happened today."""
    return [row["question_id"] for row in reader.items(f"/questions?sort=activity&min={NOW}")]


def test_asked_question_is_found(reader):
    made = reader.changes.ask(title="How?", tags=["engine", "go"])

    assert active(reader) == [made.id]
    assert made.id > max(row.id for row in reader.truth.values() if row.id != made.id)


def test_edit_moves_the_activity(reader, question):
    reader.changes.edit(question, title="Better?")

    row = reader.item(f"/questions/{question}")
    assert (row["title"], row["last_edit_date"], row["last_activity_date"]) == ("Better?", NOW, NOW)


def test_answer_moves_the_activity(reader, question):
    reader.changes.answer(question)

    assert active(reader) == [question]


def test_edited_answer_moves_the_activity_of_its_question(reader, question):
    answer = reader.truth[question].answers[0].id
    reader.changes.edit_answer(answer, body="Better.")

    assert active(reader) == [question]
    assert reader.item(f"/answers/{answer}?filter=withbody")["body"] == "<p>Better.</p>\n"


@pytest.mark.parametrize("change", ["comment", "accept", "close"])
def test_activity_stays_where_it_is(reader, question, change):
    before = reader.truth[question].active_at

    reader.stackexchange.change(change, question)

    assert active(reader) == []
    assert reader.truth[question].active_at == before


def test_new_tag_takes_a_question_into_another_feed(reader, question):
    reader.changes.retag(question, tags=["cobol"])

    assert [row["question_id"] for row in reader.items("/questions?tagged=cobol")] == [question]
    assert question not in reader.stackexchange.truth(["engine"])


def test_accepted_and_taken_back(reader, question):
    reader.changes.accept(question)
    answer = reader.item(f"/questions/{question}")["accepted_answer_id"]

    assert reader.item(f"/answers/{answer}")["is_accepted"] is True
    reader.changes.unaccept(question)
    assert "accepted_answer_id" not in reader.item(f"/questions/{question}")


def test_closed_and_opened_again(reader, question):
    reader.changes.close(question, reason="Opinion-based")
    assert reader.item(f"/questions/{question}")["closed_reason"] == "Opinion-based"

    reader.changes.reopen(question)
    assert "closed_date" not in reader.item(f"/questions/{question}")


def test_deleted_question_vanishes_with_its_answers(reader, question):
    answer = reader.truth[question].answers[0].id
    reader.changes.delete(question)

    assert reader.items(f"/questions/{question}") == []
    assert reader.items(f"/answers/{answer}") == []


def test_deleted_answer_is_not_accepted_any_more(reader):
    question = next(row.id for row in reader.truth.values() if row.accepted_answer_id)
    reader.changes.delete_answer(reader.truth[question].accepted_answer_id)

    assert reader.truth[question].accepted_answer_id is None


def test_answer_nobody_gave_cannot_be_accepted(reader):
    with pytest.raises(LookupError):
        reader.changes.accept(first(reader, answers=()))


def test_truth_counts_comments_on_question_and_answers(reader, question):
    before = reader.truth[question].comments
    reader.changes.comment(question)
    reader.changes.comment(reader.truth[question].answers[0].id)

    assert reader.truth[question].comments == before + 2
    assert len(list(reader.stackexchange.comments())) == sum(
        row.comments for row in reader.truth.values()
    )
