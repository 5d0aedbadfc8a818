"""Harm to real processes in mid-sync, again and again at drawn moments, and what came of it.

python -m tests.chaos                    20 rounds of every harm
python -m tests.chaos --rounds 5 --seed 7 --only worker_killed

On embedded parts, or where DATABASE_URL and REDIS_URL say. Every row is compared with the tracker's
truth; the exit code is 0 only where nothing was lost, doubled or wrong.
"""

import argparse
import logging
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.platform import own_database
from tests.sync_platform import Link, Site, open_site

ISSUES, MILLISECONDS = 350, 30
LAST_MOMENT = 14
"""Harm is done before so many requests were answered; a whole sync takes about 25."""
LIVES = 4
"""Harms a platform bears before a fresh one takes its place: the pause before a restart doubles."""
UNDER_WAY = 0.3
"""Seconds in which a request that was sent before the harm may still arrive."""


def flush_and_kill(link: Link) -> None:
    link.site.kill_worker()
    link.site.flush_broker()


def strike(kind: str, **options: object) -> Callable[[Link], None]:
    def harm(link: Link) -> None:
        path = f"/({link.repository}|repositories/\\d+)/"
        link.site.trackers.faults.add(kind, path=path, **options)

    return harm


HARMS: dict[str, Callable[[Link], None]] = {
    "child_killed": Link.kill_child,
    "worker_killed": lambda link: link.site.kill_worker(),
    "worker_killed_broker_emptied": flush_and_kill,
    "broker_emptied": lambda link: link.site.flush_broker(),
    "same_message_20_times": lambda link: link.site.send_again(link.newest_run()["id"], 20),
    "upstream_502": strike("status", status=502, times=2),
    "upstream_cut_off": strike("cut", times=2),
    "upstream_says_wait": strike("secondary_limit", retry_after=2),
    "upstream_page_is_html": strike("html"),
    "upstream_page_is_empty": strike("empty"),
}


@dataclass(frozen=True)
class Outcome:
    seconds: float
    """From the harm until the tracker was asked again."""
    fetched_twice: int
    wrong: dict[str, object]

    def count(self, *words: str) -> int:
        return sum(
            len(found)
            for name, found in self.wrong.items()
            if isinstance(found, list | dict) and any(word in name for word in words)
        )


def harm_once(site: Site, harm: Callable[[Link], None], dice: random.Random) -> Outcome:
    link = site.connect(ISSUES, MILLISECONDS)
    link.wait_for_requests(dice.randrange(1, LAST_MOMENT))
    time.sleep(dice.random() * MILLISECONDS / 1000)
    harmed_at = time.time()
    harm(link)
    if link.wait_for_end()["state"] != "succeeded":
        link.sync()  # a failed run is over: the next one goes on where it was
    again = [seen.at for seen in link.requests() if seen.at > harmed_at + UNDER_WAY]
    seconds = min(again, default=harmed_at) - harmed_at
    return Outcome(seconds, link.fetched_twice(), link.differences())


def line(name: str, outcomes: list[Outcome]) -> str:
    seconds = sorted(outcome.seconds for outcome in outcomes)
    lost = sum(outcome.count("lost") for outcome in outcomes)
    doubled = sum(outcome.count("doubled") for outcome in outcomes)
    wrong = sum(outcome.count("invented", "different") for outcome in outcomes)
    twice = max(outcome.fetched_twice for outcome in outcomes)
    return (
        f"{name:<30} {len(outcomes):>4} {lost:>5} {doubled:>8} {wrong:>6} {twice:>14}"
        f" {median(seconds):>8.1f} {seconds[-1]:>6.1f}"
    )


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", choices=HARMS, action="append")
    return parser.parse_args()


def suffer(name: str, rounds: int, seed: int) -> list[Outcome]:
    dice = random.Random(f"{seed} {name}")
    redis_url = os.environ.get("REDIS_URL")
    outcomes: list[Outcome] = []
    while len(outcomes) < rounds:
        lives = min(LIVES, rounds - len(outcomes))
        with (
            tempfile.TemporaryDirectory(prefix="diip-chaos-") as folder,
            own_database() as url,
            open_site(Path(folder, "var"), url, redis_url) as site,
        ):
            outcomes += [harm_once(site, HARMS[name], dice) for _ in range(lives)]
    return outcomes


def main() -> int:
    asked = read_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing is left behind
    simulator = logging.getLogger("integrations.simulator.server")
    simulator.disabled = True  # it tells of every client that was killed
    say(f"chaos: seed {asked.seed}, {asked.rounds} rounds of each harm")
    say(
        f"{'harm':<30} {'runs':>4} {'lost':>5} {'doubled':>8} {'wrong':>6} {'fetched twice':>14}"
        f" {'median':>8} {'worst':>6} s to go on"
    )
    is_well = True
    for name in asked.only or HARMS:
        outcomes = suffer(name, asked.rounds, asked.seed)
        say(line(name, outcomes))
        is_well = is_well and not any(outcome.wrong for outcome in outcomes)
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
