"""Bounded load for an hour while parts fail at random; in the end all is there, once.

python -m tests.soak --minutes 60 --report docs/soak.md
python -m tests.soak --minutes 5 --seed 7

Loopback only, with a PostgreSQL and a Redis of its own. The exit code is 0 only where all held.
"""

import argparse
import logging
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

from tests.soaking.memory import Memory
from tests.soaking.report import Happened, Result, write
from tests.soaking.settling import answer, press_sync, settle, wait_for
from tests.soaking.traffic import Tally, Traffic
from tests.soaking.troubles import Mishap, draw
from tests.soaking.world import OPEN, World, open_world

SAMPLE_SECONDS = 10.0
PAUSE = (15.0, 60.0)
"""Seconds of calm between two troubles."""
FIRST_SYNCS = 600.0
RECOVERY = 600.0


def main() -> int:
    asked = read_arguments()
    os.nice(10)  # whoever works on this machine goes first
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing is left behind
    for name in ("simulator.server", "mail.log"):
        logging.getLogger(name).disabled = True  # they tell of every client that was killed
    say(f"soak: seed {asked.seed}, {asked.minutes:g} minutes")
    with tempfile.TemporaryDirectory(prefix="diip-soak-") as folder:
        result = soak(asked, Path(folder))
    report = write(result)
    if asked.report:
        asked.report.write_text(report)
    say(report)
    return 0 if result.is_well else 1


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--issues", type=int, default=300, help="in the largest repository")
    parser.add_argument("--report", type=Path)
    parser.add_argument("--log", type=Path, help="where the platform's own lines are kept")
    return parser.parse_args()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def soak(asked: argparse.Namespace, folder: Path) -> Result:
    words = ["python -m tests.soak", f"--minutes {asked.minutes:g}", f"--seed {asked.seed}"]
    with open_world(folder, asked.seed) as world:
        world.connect_all(asked.issues)
        if not wait_for(lambda: _is_quiet(world), FIRST_SYNCS):
            raise SystemExit("soak: the first syncs do not end")
        say("soak: all connected; it begins")
        traffic, memory = Traffic(world, asked.seed), Memory()
        result = Result(" ".join(words), asked.seed, asked.minutes, traffic.tally, memory)
        with Watch(world, memory) as watch:
            traffic.start()
            _suffer(world, traffic.tally, asked, result)
            traffic.stop()
            say("soak: the troubles are over; it settles")
            result.checks = settle(world)
        result.figures = _figures(world, traffic, watch)
        if asked.log:
            asked.log.write_text(world.platform.log)
    return result


def _is_quiet(world: World) -> bool:
    open_runs = f"SELECT count(*) FROM integrations_syncrun WHERE state IN ({OPEN})"
    return bool(world.query(open_runs)[0][0] == 0)


class Watch:
    """Samples memory and open runs from a thread of its own."""

    def __init__(self, world: World, memory: Memory) -> None:
        self.most_open_runs = 0
        self.samples = 0
        self._world, self._memory = world, memory
        self._stopping = Event()
        self._thread = Thread(target=self._work, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.wait(SAMPLE_SECONDS):
            self._memory.sample(self._world.platform.var_dir)
            self._world.trackers.journal.clear()
            self.samples += 1


def _suffer(world: World, tally: Tally, asked: argparse.Namespace, result: Result) -> None:
    dice = random.Random(asked.seed)
    ends = time.monotonic() + asked.minutes * 60
    while time.monotonic() < ends:
        time.sleep(min(dice.uniform(*PAUSE), max(0, ends - time.monotonic())))
        if time.monotonic() < ends:
            happened = _strike(world, tally, draw(dice), dice)
            result.happened.append(happened)
            state = "recovered" if happened.recovered else "NOT RECOVERED"
            say(
                f"soak: {time.strftime('%H:%M:%S')} {happened.name}: {happened.lasted:.0f} s;"
                f" {state}: answers after {happened.answers_after:.1f} s,"
                f" a sync after {happened.syncs_after:.1f} s"
            )


def _strike(world: World, tally: Tally, mishap: Mishap, dice: random.Random) -> Happened:
    link = dice.choice(world.links)
    began = time.monotonic()
    tally.begin(mishap.name)
    mishap.begin(world, dice)
    time.sleep(dice.uniform(*mishap.seconds))
    mishap.end(world, dice)
    ended = time.monotonic()
    answers = wait_for(lambda: answer(world, "/api/projects/").status == 200, RECOVERY)
    answered = time.monotonic()
    syncs = press_sync(world, link)
    synced = time.monotonic()
    tally.end()
    return Happened(
        mishap.name, began, ended - began, answered - ended, synced - ended, bool(answers and syncs)
    )


def _figures(world: World, traffic: Traffic, watch: Watch) -> dict[str, object]:
    def one(query: str) -> object:
        return world.query(query)[0][0]

    runs = world.query("SELECT state, count(*) FROM integrations_syncrun GROUP BY state")
    return {
        "changes in the trackers": traffic.changes,
        "requests of people": sum(traffic.tally.calm.values())
        + sum(traffic.tally.troubled.values()),
        "webhooks sent by trackers": len(world.trackers.deliveries.sent),
        "webhooks taken": one("SELECT count(*) FROM integrations_webhookdelivery"),
        "syncs": ", ".join(f"{count} {state}" for state, count in runs),
        "pages stored": one("SELECT sum(pages) FROM integrations_syncrun"),
        "requests to trackers": one("SELECT count(*) FROM integrations_apilog"),
        "issues": one("SELECT count(*) FROM issues_issue"),
        "comments": one("SELECT count(*) FROM issues_comment"),
        "alerts": one("SELECT count(*) FROM analytics_alert"),
        "memory samples": watch.samples,
    }


if __name__ == "__main__":
    sys.exit(main())
