"""Real worker, beat, broker and database, killed and confused: in the end the table is the truth.

On the parts that DATABASE_URL and REDIS_URL name (both in `make check`), else on the embedded ones.
"""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.platform import own_broker, own_database
from tests.sync_platform import Link, Site, open_site

pytestmark = pytest.mark.e2e

LEASE_SECONDS = 15
"""So long may a loaded machine keep a worker from its next page."""
SLOW = 40
"""Milliseconds that the tracker takes for a page, so that there is a middle to hit."""
IN_FLIGHT = 2
"""Pages that a kill may cost: one that was not stored yet, and the one asked for ahead."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    var_dir = tmp_path_factory.mktemp("site") / "var"
    with own_database() as url, open_site(var_dir, url, own_broker(), LEASE_SECONDS) as running:
        yield running


def test_first_sync_is_the_truth_and_the_second_costs_nothing(site: Site) -> None:
    link = site.connect(issues=400, begin=False)

    first = link.wait_for_end()
    wrong = link.differences()
    second = link.sync()

    assert (first["state"], wrong) == ("succeeded", {})
    assert first["issues_created"] == first["local_total"] > 250
    assert (second["requests"], second["not_modified"], second["pages"]) == (3, 3, 0)


def test_changes_arrive_with_the_next_sync(site: Site) -> None:
    link = site.connect(issues=150)
    link.wait_for_end()
    changes = site.trackers.github.changes(link.repository)
    changes.touch_some(20)
    changes.create(title="Found today")

    run = link.sync()

    assert (run["state"], run["issues_created"]) == ("succeeded", 1)
    assert link.differences() == {}


def test_numbers_follow_a_sync_and_what_it_changes(site: Site) -> None:
    link = site.connect(issues=150)
    total = link.wait_for_end()["local_total"]
    before = link.wait_for_numbers(total)
    site.trackers.github.changes(link.repository).create(title="Found today")

    link.sync()
    after = link.wait_for_numbers(total + 1)

    assert after["open_issues"] == before["open_issues"] + 1
    assert after["open_issues"] + after["closed_issues"] == total + 1
    assert after["metrics"]["opened"]["n"] == total + 1
    assert after["freshness"]["stale"] is False


HARM: list[tuple[str, Callable[[Link], None]]] = [
    ("child", Link.kill_child),
    ("worker", lambda link: link.site.kill_worker()),
]


@pytest.mark.parametrize(("harm", "seed"), [("child", 1), ("worker", 2)])
def test_killed_twice_in_mid_sync_it_goes_on_where_it_was(site: Site, harm: str, seed: int) -> None:
    dice = random.Random(seed)
    link = site.connect(issues=700, milliseconds=SLOW)

    kills = 0
    for _ in range(2):
        if link.wait_for_requests(len(link.requests()) + dice.randrange(3, 15)):
            dict(HARM)[harm](link)
            kills += 1
    run = link.wait_for_end()

    assert (run["state"], kills) == ("succeeded", 2)
    assert link.differences() == {}
    assert link.fetched_twice() <= IN_FLIGHT * kills


def test_killed_worker_and_emptied_broker_are_survived_together(site: Site) -> None:
    link = site.connect(issues=400, milliseconds=SLOW)
    assert link.wait_for_requests(4)
    site.flush_broker()
    assert link.wait_for_requests(6)

    site.kill_worker()
    site.flush_broker()
    run = link.wait_for_end()

    assert run["state"] == "succeeded"
    assert link.differences() == {}
    assert link.fetched_twice() <= IN_FLIGHT


def test_same_message_many_times_has_one_effect(site: Site) -> None:
    link = site.connect(issues=300, milliseconds=SLOW, begin=False)
    run_id = link.newest_run()["id"]

    site.send_again(run_id, 20)
    link.wait_for_requests(5)
    site.send_again(run_id, 20)
    run = link.wait_for_end()
    site.send_again(run_id, 20)

    assert (run["state"], link.fetched_twice(), link.fencing_token()) == ("succeeded", 0, 1)
    assert link.differences() == {}


def test_sync_button_pressed_many_times_is_one_run(site: Site) -> None:
    link = site.connect(issues=150)
    first = link.wait_for_end()["id"]

    with ThreadPoolExecutor(8) as fingers:
        replies = list(fingers.map(lambda _: site.api("POST", f"{link.path}/sync/", {}), range(16)))
    link.wait_for_end()

    assert {reply.status for reply in replies} == {202}
    runs = [reply.data["runs"][0] for reply in replies]
    begun = [run["id"] for run in runs if not run["already_running"]]
    assert len(set(begun)) == len(begun) >= 1
    assert {run["id"] for run in runs} - {first} == set(begun)
    assert link.differences() == {}
