"""Benchmark of reading a million issues, beside plain SQL and a plain DRF endpoint.

    python -m benchmarks.api --database-url postgres://root@127.0.0.1/diip_scratch

creates that database, fills it, measures and drops it. `--keep` keeps it for the next run.
"""

import argparse
import math
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg

from benchmarks.api_data import Size, fill
from benchmarks.api_load import Load, Server, put_under_load, serve
from benchmarks.measure import table

if TYPE_CHECKING:
    from benchmarks.api_read import Bar

CONNECTIONS = 16
PEER_SECONDS = 8.0
ROUNDS = 3


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    size = Size(issues=options.issues, projects=options.projects, big=options.big)
    environment = {
        "DATABASE_URL": options.database_url,
        "DJANGO_SETTINGS_MODULE": "benchmarks.api_settings",
        "DIIP_ENV_FILE": "",
        "DIIP_VAR_DIR": tempfile.mkdtemp(prefix="diip-bench-"),
        "DIIP_REQUESTS_PER_MINUTE": "1000000000",  # one client sends all requests
        "PYTHONWARNINGS": "ignore",
    }
    os.environ.update(environment)
    with _database(options.database_url, keep=options.keep) as is_new:
        token = _prepare(options.database_url, size, is_new=is_new)
        bars = _measure_inside(options.database_url, size, token)
        with serve(environment) as server:
            bars += _measure_served(server, size, token, options.seconds)
    heading = ("bar", "what", "must", "stretch", "measured", "reached")
    _say("\n" + table([heading, *(bar.row() for bar in bars)]))
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.api", description=__doc__)
    parser.add_argument("--database-url", required=True, help="URL of a new database")
    parser.add_argument(
        "--issues", type=int, default=1_000_000, help="issues of all projects except the big one"
    )
    parser.add_argument("--projects", type=int, default=100)
    parser.add_argument("--big", type=int, default=200_000, help="issues of the big project")
    parser.add_argument("--seconds", type=float, default=60.0, help="duration of the load test")
    parser.add_argument("--keep", action="store_true", help="keep the database and reuse it")
    return parser.parse_args(arguments)


@contextmanager
def _database(url: str, *, keep: bool) -> Iterator[bool]:
    """Yield True for a new database. Uses an existing one only with `keep`."""
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    maintenance = urlunsplit((parts.scheme, parts.netloc, "/postgres", parts.query, ""))
    with psycopg.connect(maintenance, autocommit=True) as server:
        found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found and not keep:
            raise SystemExit(f"{name} already exists. Use another name or --keep.")
        if not found:
            server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield not found
        finally:
            if not keep:
                server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _prepare(url: str, size: Size, *, is_new: bool) -> str:
    """Create tables and rows; return a member's token."""
    import django  # noqa: PLC0415 - the environment first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - after django.setup

    from accounts.models import User  # noqa: PLC0415
    from accounts.sign_in import tokens  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    user, _ = User.objects.get_or_create(email="bench@example.com")
    if is_new:
        _say(f"creating {size.total:,} issues ...")
        with psycopg.connect(url, autocommit=True) as database:
            fill(database, size, user.pk)
    return tokens.issue(user).access


def _measure_inside(url: str, size: Size, token: str) -> "list[Bar]":
    from benchmarks.api_floor import Floor  # noqa: PLC0415 - after django.setup
    from benchmarks.api_inside import Inside  # noqa: PLC0415
    from benchmarks.api_read import Reading  # noqa: PLC0415

    _say("asking in one process ...")
    reading = Reading(Inside(token), Floor(url), size)
    reading.measure()
    _say(table(reading.lines))
    return reading.bars


def _measure_served(server: Server, size: Size, token: str, seconds: float) -> "list[Bar]":
    """Measure DIIP and the plain endpoint in turn, then DIIP alone for `seconds`."""
    from benchmarks.api_read import Bar  # noqa: PLC0415

    paths = {
        "DIIP": [f"/api/projects/{project}/issues/" for project in range(1, size.projects + 1)],
        "plain DRF": [f"/peer/{project}/" for project in range(1, size.projects + 1)],
    }
    _say(f"measuring gunicorn (2 x 4) with {CONNECTIONS} connections ...")

    def load(name: str, duration: float) -> Load:
        return put_under_load(server, paths[name], token, connections=CONNECTIONS, seconds=duration)

    rounds = [{name: load(name, PEER_SECONDS) for name in paths} for _ in range(ROUNDS)]
    long = load("DIIP", seconds)
    _say(_load_table({**rounds[-1], f"DIIP, {seconds:g} s": long}))
    faster = median(each["DIIP"].per_second / each["plain DRF"].per_second for each in rounds)
    spread = median(each["DIIP"].p99_ms / each["DIIP"].p50_ms for each in rounds)
    return [
        Bar("R3", "requests/s / plain DRF endpoint's", 2, 4, faster, at_least=True),
        Bar("R3", "p99 / p50 under load (no must)", math.inf, 3, spread),
        Bar("R9", f"errors in {seconds:g} s", 0, 0, long.errors),
    ]


def _load_table(loads: dict[str, Load]) -> str:
    heading = ("under load", "requests/s", "p50 ms", "p99 ms", "web CPU ms a request", "errors")
    return table(
        [heading]
        + [
            (
                name,
                f"{load.per_second:.0f}",
                f"{load.p50_ms:.1f}",
                f"{load.p99_ms:.1f}",
                f"{load.cpu_ms:.2f}",
                str(load.errors),
            )
            for name, load in loads.items()
        ]
    )


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
