"""Hostile requests against a real gunicorn with production's settings, on both databases.

python -m tests.fuzz                                 12,000 requests on each
python -m tests.fuzz --requests 500 --described 0 --only sqlite --seed 7 --report fuzz.md

Exits with 0 only where no answer was a 5xx, none showed one tenant's rows to another, none held a
secret or a trace, and all were as the API describes itself.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from scripts.borrowed_servers import borrow_brokers, borrow_postgres
from tests.fuzz.serving import production
from tests.platform import ROOT, own_database

FAULTS = ("5xx", "leaks", "secrets", "traces", "let in", "not as described")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def database(name: str) -> Iterator[str | None]:
    if name == "sqlite":
        yield None
        return
    with ExitStack() as stack:
        os.environ["DATABASE_URL"] = stack.enter_context(borrow_postgres())
        yield stack.enter_context(own_database())


def attack(name: str, asked: argparse.Namespace) -> dict[str, object]:
    with (
        tempfile.TemporaryDirectory(prefix="diip-fuzz-") as folder,
        database(name) as database_url,
        borrow_brokers() as redis_urls,
    ):
        kept = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        env = kept | production(Path(folder), database_url, redis_urls[0])
        env |= {"DJANGO_SETTINGS_MODULE": "diip.settings"}
        numbers = (str(asked.seed), str(asked.requests), str(asked.described))
        found = run_apart("tests.fuzz.run", env, *numbers)
        return found | {"measured": run_apart("tests.fuzz.measures", env, str(asked.seed))}


def run_apart(module: str, env: dict[str, str], *numbers: str) -> dict[str, object]:
    command = [sys.executable, "-W", "ignore", "-m", module, *numbers]
    ran = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=False)
    if ran.returncode:
        sys.exit(f"fuzz: {module} broke off")
    found: dict[str, object] = json.loads(ran.stdout)
    return found


def rows(name: str, found: dict[str, object]) -> Iterator[tuple[str, str]]:
    yield "database", name
    yield (
        "requests (of them made from the description)",
        f"{found['requests']} ({found['described']})",
    )
    yield "operations asked / answered 2xx at least once", f"{found['routes']} / {found['served']}"
    for fault in FAULTS:
        yield fault, str(found["faults"].get(fault, 0))
    yield "secrets in the log", str(found["secrets_in_log"])
    yield (
        "slower than 2 s",
        f"{sum(found['slow'].values())} (slowest {found['slowest'][0]} s: {found['slowest'][1]})",
    )
    yield "statuses", ", ".join(f"{status}: {n}" for status, n in found["statuses"].items())
    yield "seconds", str(found["seconds"])
    yield from measured_rows(found["measured"])


def measured_rows(measured: dict[str, object]) -> Iterator[tuple[str, str]]:
    yield "wrong passwords looked at, of 500 from 500 addresses", str(measured["guessed"])
    won = measured["won"]
    yield (
        f"winners of {len(won)} races for one refresh token",
        ", ".join(map(str, sorted(set(won)))),
    )
    known, unknown = measured["medians"]["known"], measured["medians"]["unknown"]
    yield "refused sign-in, median, known / unknown account", f"{known} ms / {unknown} ms"
    moved = f"{measured['rotated']} in {measured['rotation_seconds']} s"
    yield "secrets moved to a new key", moved
    yield "syncs meanwhile", str(measured["syncs"])
    yield "tokens read meanwhile", str(measured["reads"])
    yield "afterwards unreadable with the new key", str(measured["unreadable_with_new"])
    yield "afterwards readable with the old key alone", str(measured["readable_with_old"])


def is_well(found: dict[str, object]) -> bool:
    measured = found["measured"]
    known, unknown = measured["medians"]["known"], measured["medians"]["unknown"]
    return (
        not found["faults"]
        and not found["secrets_in_log"]
        and measured["guessed"] <= 10
        and set(measured["won"]) == {1}
        and max(known, unknown) <= 1.3 * min(known, unknown)
        and set(measured["syncs"]) == {"succeeded"}
        and set(measured["reads"]) == {"read"}
        and measured["unreadable_with_new"] == measured["readable_with_old"] == 0
    )


def write_report(
    path: Path, asked: argparse.Namespace, all_found: dict[str, dict[str, object]]
) -> None:
    columns = [dict(rows(name, found)) for name, found in all_found.items()]
    lines = [f"# Fuzz, seed {asked.seed}", ""]
    for number, key in enumerate(columns[0]):
        lines.append(f"| {key} | " + " | ".join(column[key] for column in columns) + " |")
        if not number:
            lines.append("| --- " * (len(columns) + 1) + "|")
    path.write_text("\n".join(lines) + "\n")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000, help="hostile ones, a database")
    parser.add_argument("--described", type=int, default=12, help="examples an operation and mode")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--report", type=Path, help="also write a table in Markdown")
    return parser.parse_args()


def main() -> int:
    asked = read_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing is left behind
    say(f"fuzz: seed {asked.seed}")
    all_found = {}
    for name in asked.only or ("sqlite", "postgresql"):
        found = all_found[name] = attack(name, asked)
        for key, value in rows(name, found):
            say(f"  {key:<48} {value}")
        for route, count in list(found["slow"].items())[:8]:
            say(f"    slow: {count} x {route}")
        for example in found["examples"]:
            say(f"    {example}")
        if found["log_tail"]:
            say(str(found["log_tail"]))
    if asked.report:
        write_report(asked.report, asked, all_found)
    return 0 if all(map(is_well, all_found.values())) else 1


if __name__ == "__main__":
    sys.exit(main())
