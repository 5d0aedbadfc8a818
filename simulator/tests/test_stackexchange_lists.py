"""The simulated Stack Exchange: sorting, ranges, tags, pages and ids."""

import pytest

from simulator.tests.simulated_stackexchange import ASCENDING, NOW, Reader, first, reader

__all__ = ["reader"]


def test_feed_by_activity_is_the_whole_truth(reader):
    rows = reader.read_all(ASCENDING)

    assert {row["question_id"] for row in rows} == set(reader.stackexchange.truth(["engine"]))
    dates = [row["last_activity_date"] for row in rows]
    assert dates == sorted(dates)


def test_newest_activity_comes_first_unless_asked_otherwise(reader):
    dates = [row["last_activity_date"] for row in reader.items("/questions")]

    assert dates == sorted(dates, reverse=True)
    assert len(dates) == 30


def test_tags_are_joined_with_and(reader):
    both = reader.read_all("/questions?tagged=engine;python")

    assert both
    assert all({"engine", "python"} <= set(row["tags"]) for row in both)
    assert {row["question_id"] for row in both} == set(
        reader.stackexchange.truth(["engine", "python"])
    )


def test_tags_overlap(reader):
    counts = {row["name"]: row["count"] for row in reader.items("/tags/engine;engine-api;x/info")}

    assert counts.keys() == {"engine", "engine-api"}
    assert counts["engine"] + counts["engine-api"] > len(
        reader.stackexchange.truth(["engine"]) | reader.stackexchange.truth(["engine-api"])
    )


def test_min_is_of_the_activity_that_is_sorted_by(reader):
    middle = sorted(row.active_at for row in reader.truth.values())[60]

    rows = reader.read_all(f"/questions?sort=activity&order=asc&min={middle}")

    assert {row["question_id"] for row in rows} == {
        row.id for row in reader.truth.values() if row.active_at >= middle
    }


def test_fromdate_is_of_the_creation(reader):
    question = next(iter(reader.truth))
    reader.changes.edit(question, body="It still happens.")

    rows = reader.items(f"/questions?sort=activity&fromdate={NOW - 60}")
    by_activity = reader.items(f"/questions?sort=activity&min={NOW - 60}")

    assert rows == []
    assert [row["question_id"] for row in by_activity] == [question]


def test_max_is_included(reader):
    oldest = min(row.created_at for row in reader.truth.values())

    assert len(reader.items(f"/questions?sort=creation&max={oldest}")) == 1


def test_hundred_rows_a_page_and_not_one_more(reader):
    page = reader.read("/questions?pagesize=100")

    assert (len(page["items"]), page["has_more"]) == (100, True)
    assert reader.error("/questions?pagesize=101") == (400, "bad_parameter", "pagesize")


def test_last_page_has_no_more(reader):
    page = reader.read("/questions?pagesize=100&page=2")

    assert (len(page["items"]), page["has_more"]) == (20, False)


def test_many_ids_in_one_request_and_missing_ones_are_just_absent(reader):
    some = list(reader.truth)[:40]
    reader.changes.delete(some[0])

    rows = reader.items(f"/questions/{';'.join(map(str, [*some, 5]))}?pagesize=100")

    assert {row["question_id"] for row in rows} == set(some[1:])


def test_ids_come_a_page_at_a_time_too(reader):
    ids = ";".join(map(str, list(reader.truth)[:40]))

    assert len(reader.items(f"/questions/{ids}")) == 30


def test_more_than_a_hundred_ids_are_refused(reader):
    ids = ";".join(str(number) for number in range(101))

    assert reader.error(f"/questions/{ids}") == (400, "bad_parameter", "ids")


@pytest.mark.parametrize("path", ["/questions/seven", "/questions/1,2", "/nothing"])
def test_what_is_no_method_is_said_to_be_none(reader, path):
    assert reader.error(path)[:2] == (404, "no_method")


@pytest.mark.parametrize(
    ("query", "message"),
    [("sort=beauty", "sort"), ("order=up", "order"), ("min=yesterday", "min"), ("page=0", "page")],
)
def test_parameter_that_is_not_understood_is_named(reader, query, message):
    assert reader.error(f"/questions?{query}") == (400, "bad_parameter", message)


def test_site_is_asked_for(reader):
    assert reader.error("/questions", site="")[2] == "site is required"
    assert reader.error("/questions", site="coffee")[2] == "No site found for name `coffee`"


def test_each_site_has_its_own_questions(reader):
    names = [row["api_site_parameter"] for row in reader.items("/sites", site="")]

    rows = reader.items("/questions?pagesize=100", site="serverfault")

    assert names == ["stackoverflow", "serverfault"]
    assert len(rows) == 24
    assert rows[0]["link"].startswith("https://serverfault.com/questions/")


def test_question_moves_back_while_pages_are_read(reader):
    """Sorted by activity, an edit takes a row away from a page not read yet: the rows shift."""
    victim = reader.items(f"{ASCENDING}&pagesize=20")[5]["question_id"]
    reader.stackexchange.between_pages(
        "/questions$", after=1, act=lambda: reader.changes.edit(victim, body="Edited.")
    )

    rows = [row["question_id"] for row in reader.read_all(ASCENDING)]

    assert rows.count(victim) == 2
    assert len(set(rows)) == len(reader.stackexchange.truth(["engine"])) - 1


def test_answers_and_comments_of_many_questions(reader):
    ids = ";".join(map(str, list(reader.truth)[:100]))

    answers = reader.items(f"/questions/{ids}/answers?pagesize=100")
    comments = reader.items(f"/questions/{ids}/comments?pagesize=100")

    assert {row["question_id"] for row in answers} <= set(reader.truth)
    assert {row["post_id"] for row in comments} <= set(reader.truth)


def test_comments_on_an_answer(reader):
    question = first(reader, answers=())
    answer = reader.changes.answer(question)
    comment = reader.changes.comment(answer.id, body="Thanks, `x` works")

    row = reader.item(f"/answers/{answer.id}/comments?filter=withbody")

    assert (row["comment_id"], row["post_id"]) == (comment.id, answer.id)
    assert row["body"] == "Thanks, <code>x</code> works"


def test_info_counts(reader):
    info = reader.item("/info")

    assert info["total_questions"] == 120
    assert info["total_accepted"] == sum(
        row.accepted_answer_id is not None for row in reader.truth.values()
    )


def test_same_seed_same_site():
    assert Reader(seed=3).truth == Reader(seed=3).truth
    assert Reader(seed=3).truth != Reader(seed=4).truth
