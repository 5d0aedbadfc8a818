"""Harm to real processes in mid-sync, again and again at drawn moments, and what came of it.

python -m tests.chaos                              20 rounds of every harm, two harms at a time
python -m tests.chaos --rounds 5 --seed 7 --only "worker killed"
python -m tests.chaos --on servers                 all on a PostgreSQL and a Redis of our own

Every row is compared with the tracker's truth; the exit code is 0 only where nothing was lost,
doubled or wrong, and nobody saw an error but 503.
"""

import argparse
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

import psycopg
import redis

from scripts import child_processes
from tests.chaos_report import HEADS, Outcome, line, write
from tests.harms import HARMS, Harm, do_harm
from tests.onlooker import Onlooker
from tests.platform import ROOT
from tests.proxied_servers import open_servers
from tests.sync_platform import Link, Site, open_site, open_site_on

ISSUES, MILLISECONDS = 250, 30
LAST_MOMENT = 12
"""Harm is done before so many requests were answered; a whole sync takes about 20."""
LIVES = 5
"""Harms a platform bears before a fresh one takes its place: the pause before a restart doubles."""
UNDER_WAY = 0.3
"""Seconds in which a request that was sent before the harm may still arrive."""
STUCK = (
    *(AssertionError, OSError, LookupError, subprocess.SubprocessError),
    *(psycopg.Error, redis.RedisError),
)
"""A platform that does not start, answer, end its sync or stop; what was seen before is kept."""
TRIES = 5
"""Syncs until one succeeds, after a harm is over."""


def main() -> int:
    asked = read_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing is left behind
    logging.getLogger("simulator.server").disabled = True
    if asked.outcomes:
        return suffer_alone(asked)
    names = asked.only or list(HARMS)
    say(f"chaos: seed {asked.seed}, {asked.rounds} rounds of each harm")
    say(line(HEADS))
    outcomes: dict[str, list[Outcome]] = {}
    for name, suffered in suffer_side_by_side(names, asked):
        outcomes[name] = suffered
        say(line(Outcome.summary(name, suffered)))
        if asked.report:
            asked.report.write_text(write(outcomes, asked.seed, asked.on))
    is_well = all(each.is_well for suffered in outcomes.values() for each in suffered)
    return 0 if is_well and all(outcomes.values()) else 1


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", choices=HARMS, action="append", metavar="HARM")
    parser.add_argument("--on", choices=("embedded", "servers"), default="embedded")
    parser.add_argument("--jobs", type=int, default=2, help="harms at a time")
    parser.add_argument("--report", type=Path, help="a Markdown file")
    parser.add_argument("--outcomes", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


# --- several harms at a time, each in a process of its own ----------------------------------------


def suffer_side_by_side(
    names: Sequence[str], asked: argparse.Namespace
) -> Iterator[tuple[str, list[Outcome]]]:
    running: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory(prefix="diip-chaos-") as folder, ExitStack() as stack:

        def suffer(name: str) -> list[Outcome]:
            outcomes = Path(folder, name)
            command = [sys.executable, "-m", "tests.chaos", "--only", name, "--on", asked.on]
            command += ["--rounds", str(asked.rounds), "--seed", str(asked.seed)]
            running.append(child_processes.start([*command, "--outcomes", str(outcomes)], cwd=ROOT))
            running[-1].wait()
            if not outcomes.exists():
                return []
            return [Outcome(**each) for each in json.loads(outcomes.read_text())]

        pool = stack.enter_context(ThreadPoolExecutor(asked.jobs))
        stack.callback(_end_all, running)
        yield from zip(names, pool.map(suffer, names), strict=True)


def _end_all(running: list[subprocess.Popen[bytes]]) -> None:
    for process in running:
        if process.poll() is None:
            process.terminate()
            process.wait()


def suffer_alone(asked: argparse.Namespace) -> int:
    [name] = asked.only
    outcomes: list[Outcome] = []
    while len(outcomes) < asked.rounds:
        lives = min(LIVES, asked.rounds - len(outcomes))
        outcomes += suffer_on_one(name, lives, len(outcomes), asked)
        asked.outcomes.write_text(json.dumps([asdict(each) for each in outcomes]))
    return 0


def suffer_on_one(name: str, lives: int, done: int, asked: argparse.Namespace) -> list[Outcome]:
    """One platform's lives; a round that gets stuck is the last of them."""
    outcomes: list[Outcome] = []
    harm = HARMS[name]
    is_on_servers = harm.on_servers or asked.on == "servers"
    number = done
    try:
        with (
            tempfile.TemporaryDirectory(prefix="diip-chaos-") as folder,
            _open(Path(folder), is_on_servers=is_on_servers) as site,
        ):
            for number in range(done, done + lives):
                dice = random.Random(f"{asked.seed} {name} {number}")
                outcomes.append(harm_once(site, harm, dice))
    except STUCK as error:
        told = f"round {number}: {type(error).__name__}: {error}"
        outcomes.append(Outcome(wrong={"stuck": [told[:2000]]}))
    return outcomes


@contextmanager
def _open(folder: Path, *, is_on_servers: bool) -> Iterator[Site]:
    with ExitStack() as stack:
        var_dir = folder / "var"
        if not is_on_servers:
            yield stack.enter_context(open_site(var_dir))
            return
        servers = stack.enter_context(open_servers(folder))
        yield stack.enter_context(open_site_on(servers, var_dir))


# --- one round ----------------------------------------------------------------------------------


def harm_once(site: Site, harm: Harm, dice: random.Random) -> Outcome:
    link = site.connect(ISSUES, MILLISECONDS)
    link.wait_for_requests(dice.randrange(1, LAST_MOMENT))
    time.sleep(dice.random() * MILLISECONDS / 1000)
    before = site.platform.pids()
    with Onlooker(site) as onlooker:
        began, over = do_harm(harm, link, dice)
        answered = onlooker.wait_for_answer()
        sync_to_the_end(link)
    ended = {name for name, pid in before.items() if site.platform.pids()[name] != pid}
    again = [seen.at for seen in link.requests() if seen.at > over + UNDER_WAY]
    return Outcome(
        seconds=min(again, default=over) - over,
        answer_seconds=max(0.0, answered - over),
        lasted=over - began,
        fetched_twice=link.fetched_twice(),
        bad_answers=onlooker.tally.unexpected,
        refused=onlooker.tally.troubled["503"],
        restarted=sorted(ended) if harm.keeps_processes else [],
        wrong=link.differences() | site.damage(),
    )


def sync_to_the_end(link: Link) -> None:
    """A failed run is over: the next one goes on where it was. One that was incomplete is made up
    for by a census, which the platform itself would make next."""
    run = link.wait_for_end()
    for _ in range(TRIES):
        if run["state"] == "succeeded":
            return
        run = link.sync("census" if run["state"] == "incomplete" else "incremental")
    assert run["state"] == "succeeded", run


if __name__ == "__main__":
    for inherited in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(inherited, None)  # nobody else's servers
    sys.exit(main())
