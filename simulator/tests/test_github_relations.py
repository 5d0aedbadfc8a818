"""The simulated GitHub's sub-issues and dependencies."""

import pytest

from simulator.clock import stamp
from simulator.tests.simulated import ENGINE, Reader, reader, shown

__all__ = ["reader"]


@pytest.fixture
def three(reader: Reader) -> tuple[int, int, int]:
    """New issues, all open."""
    first, second, third = (reader.changes.create(title=f"Part {n}").number for n in range(3))
    return first, second, third


def numbers(reader: Reader, tail: str) -> list[int]:
    return [row["number"] for row in reader.read(f"{ENGINE}/issues/{tail}")]


def test_issue_without_relations_counts_none(reader):
    issue = shown(reader, 1)

    assert issue["sub_issues_summary"] == {"total": 0, "completed": 0, "percent_completed": 0}
    assert set(issue["issue_dependencies_summary"].values()) == {0}
    assert "parent_issue_url" not in issue


def test_sub_issues_are_listed_and_know_their_parent(reader, three):
    whole, one, two = three
    reader.changes.add_sub_issue(whole, sub_issue=one)
    reader.changes.add_sub_issue(whole, sub_issue=two)

    assert numbers(reader, f"{whole}/sub_issues") == [one, two]
    assert reader.read(f"{ENGINE}/issues/{one}/parent")["number"] == whole
    assert shown(reader, one)["parent_issue_url"].endswith(f"{ENGINE}/issues/{whole}")


def test_closed_sub_issue_is_completed_and_the_parent_keeps_its_time(reader, three):
    whole, one, two = three
    reader.changes.add_sub_issue(whole, sub_issue=one)
    reader.changes.add_sub_issue(whole, sub_issue=two)
    before = shown(reader, whole)["updated_at"]
    reader.clock.shift(60)
    reader.changes.close(one)

    issue = shown(reader, whole)
    assert issue["sub_issues_summary"] == {"total": 2, "completed": 1, "percent_completed": 50}
    assert issue["updated_at"] == before


def test_blocked_by_counts_open_ones_and_all(reader, three):
    waiting, one, two = three
    reader.changes.add_blocked_by(waiting, blocker=one)
    reader.changes.add_blocked_by(waiting, blocker=two)
    reader.changes.close(one)

    assert shown(reader, waiting)["issue_dependencies_summary"] == {
        "blocked_by": 1, "total_blocked_by": 2, "blocking": 0, "total_blocking": 0,
    }  # fmt: skip
    assert shown(reader, two)["issue_dependencies_summary"]["blocking"] == 1
    assert numbers(reader, f"{waiting}/dependencies/blocked_by") == [one, two]
    assert numbers(reader, f"{two}/dependencies/blocking") == [waiting]


def test_new_relation_moves_the_time_of_both(reader, three):
    reader.clock.shift(60)
    reader.changes.add_blocked_by(three[0], blocker=three[1])

    now = stamp(reader.clock.now())
    assert [shown(reader, n)["updated_at"] == now for n in three] == [True, True, False]


def test_relations_end(reader, three):
    whole, one, _ = three
    reader.changes.add_sub_issue(whole, sub_issue=one)
    reader.changes.add_blocked_by(whole, blocker=one)
    reader.changes.remove_sub_issue(whole, sub_issue=one)
    reader.changes.remove_blocked_by(whole, blocker=one)

    assert numbers(reader, f"{whole}/sub_issues") == []
    assert reader.ask(f"{ENGINE}/issues/{one}/parent").status == 404
    assert set(shown(reader, whole)["issue_dependencies_summary"].values()) == {0}


def test_deleted_issue_is_related_to_nothing(reader, three):
    whole, one, _ = three
    reader.changes.add_sub_issue(whole, sub_issue=one)
    reader.changes.delete(whole)

    assert "parent_issue_url" not in shown(reader, one)
    assert reader.ask(f"{ENGINE}/issues/{one}/parent").status == 404
    assert reader.ask(f"{ENGINE}/issues/{whole}/sub_issues").status == 410


def test_second_parent_is_refused(reader, three):
    whole, one, other = three
    reader.changes.add_sub_issue(whole, sub_issue=one)

    with pytest.raises(ValueError, match="parent already"):
        reader.changes.add_sub_issue(other, sub_issue=one)
