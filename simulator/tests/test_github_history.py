"""The simulated history: a pure function of seed, name and number."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from simulator.content.lifecycles import SLOTS
from simulator.content.rhythm import Rhythm
from simulator.github.history import History
from simulator.tests.simulated import ALL, ENGINE, Reader

UNTIL = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())


def history(count: int, seed: int = 1, pull_share: float = 0.25) -> History:
    name = "octo/engine"
    return History(seed, name, Rhythm(seed, name, count, UNTIL), pull_share)


def test_same_seed_gives_the_same_bytes():
    feeds = (ALL, f"{ENGINE}/issues/comments?per_page=100", f"{ENGINE}/issues/events?per_page=100")

    first, second = Reader(), Reader()

    assert [first.ask(f).body for f in feeds] == [second.ask(f).body for f in feeds]


def test_other_seed_gives_another_history():
    assert Reader(seed=1).ask(ALL).body != Reader(seed=2).ask(ALL).body


@pytest.mark.parametrize("count", [1, 7, 1_000, 1_000_000])
def test_times_rise_with_numbers(count):
    past = history(count)

    numbers = [*range(1, min(count, 400) + 1), count]

    assert all(past.rhythm.tick(a) <= past.rhythm.tick(b) for a, b in pairwise(numbers))
    assert past.rhythm.tick(count) <= UNTIL


@pytest.mark.parametrize("count", [1, 30, 1_000, 1_000_000])
def test_each_tick_knows_whose_turn_it_is(count):
    timeline = history(count).timeline

    for tick in range(max(1, count - 30), count + 1):
        for slot, number in timeline.owners(tick):
            assert timeline.tick(number, slot) == tick


def test_each_issue_lives_in_order():
    past = history(3_000)

    for number in range(1, 3_000, 7):
        life = past.life(number)
        times = [past.timeline.moment(tick, slot) for slot, tick in life.slots]
        assert times == sorted(times)
        assert all(life.created <= time <= UNTIL for time in times)


def test_every_slot_is_used():
    past = history(3_000)

    used = {slot for number in range(1, 2_000) for slot in past.script(number)}

    assert used == set(range(len(SLOTS)))


def test_weekends_are_quiet_and_a_broken_release_is_not():
    rhythm = history(10_000).rhythm

    days = Counter(rhythm.tick(number) // 86_400 for number in range(1, 10_001))
    weekdays = Counter((day + 3) % 7 for day in days.elements())

    assert weekdays[6] < weekdays[1] / 2
    assert max(days.values()) > 3 * 10_000 / 730


def test_kinds_come_in_their_shares():
    past = history(4_000)

    kinds = Counter(past.kind(number)[0] for number in range(1, 4_001))
    issues = sum(count for kind, count in kinds.items() if not kind.endswith("pull"))

    assert 0.22 < 1 - issues / 4_000 < 0.28
    assert 0.03 < kinds["duplicate"] / issues < 0.05
    assert {"bug", "feature", "question", "docs", "pull", "bot_pull"} < set(kinds)


def test_no_pull_requests_where_none_are_wanted():
    past = history(500, pull_share=0)

    assert not any(past.life(number).is_pull for number in range(1, 501))


def test_duplicate_tells_the_same_problem_in_other_words():
    past = history(2_000)
    numbers = [n for n in range(1, 2_001) if past.life(n).duplicate_of]

    for number in numbers[:40]:
        copy, original = past.issue(number), past.issue(past.life(number).duplicate_of)
        assert past.telling(past.life(number)).problem == past.problem(original.number)
        assert copy.title.lower() != original.title.lower()
        assert original.number < copy.number


def test_many_issues_hardly_repeat_themselves():
    past = history(10_000)

    issues = [past.issue(number) for number in range(1, 10_000, 10)]

    assert len({issue.title for issue in issues}) > 900
    assert len({issue.body for issue in issues if issue.body}) > 950


def test_oddities_of_the_real_one_are_there():
    past = history(3_000)

    issues = [past.issue(number) for number in range(1, 1_001)]

    assert any(issue.body is None for issue in issues)
    assert {None, "ghost", "dependabot[bot]"} < {issue.author for issue in issues}
    assert max(len(issue.body or "") for issue in issues) > 20_000
    assert {"completed", "not_planned", "duplicate", "reopened", None} == {
        issue.state_reason for issue in issues
    }
