"""The dearest searches over 96,000 issues, on both databases: how long the longest runs.

Every issue has every word that is looked for, no issue has the phrases: all texts are read.
`python -m tests.bars.search` (in a process of a web server's limits) measures one database.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bars.bar import Bar
from tests.own_servers import own_postgres
from tests.platform import ROOT

ISSUES = 96_000
BATCH = 4_000
AT_ONCE = 8
"""As many as two web processes have threads."""
WORDS = [first + second for first in ("ka", "lo", "mi", "tu") for second in ("ber", "sol", "dan")]
TEXT = 150
"""Words of an issue: a kilobyte."""
PHRASES = " OR ".join(f'"{word} {word} {word} {word} {word}"' for word in WORDS[:4])
QUERIES = {
    "4 phrases": {"q": PHRASES},
    "4 phrases, count": {"q": PHRASES, "count": "true"},
    "32 words, count": {"q": " OR ".join(f"{word}x" for word in WORDS * 3)[:280], "count": "true"},
    "a word, by relevance, count": {"q": "kaber", "ordering": "relevance", "count": "true"},
    "excluded phrase, count": {"q": f'kaber -"{"kaber " * 5}"', "count": "true"},
}


def measure() -> list[Bar]:
    bars: list[Bar] = []
    with tempfile.TemporaryDirectory(prefix="diip-bar-") as folder:
        with own_postgres(Path(folder)) as server:
            server.create("diip")
            bars += _measure_on("PostgreSQL", Path(folder), server.url("diip"))
        bars += _measure_on("SQLite", Path(folder), f"sqlite:///{folder}/diip.sqlite3")
    return bars


def _measure_on(name: str, folder: Path, database_url: str) -> list[Bar]:
    env = {**os.environ, "DATABASE_URL": database_url, "DIIP_VAR_DIR": f"{folder}/{name}"}
    command = [sys.executable, "-m", "tests.bars.search"]
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True)
    figures: dict[str, tuple[float, int]] = json.loads(done.stdout)
    where = f"{ISSUES:,} issues, {name}"
    return [
        Bar(f"{where}: seconds of the search for {query}", 5, seconds, f"status {status}")
        for query, (seconds, status) in figures.items()
    ]


# --- in a process of its own, with Django -------------------------------------------------------


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from diip.common.database.limits import Work, work_as

    call_command("migrate", verbosity=0)
    settings.ALLOWED_HOSTS = ["testserver"]
    board = _fill()
    work_as(Work.WEB)
    found = {name: _search(board, query) for name, query in QUERIES.items()}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        query = QUERIES["4 phrases, count"]
        crowd = list(pool.map(lambda _: _search(board, query), range(AT_ONCE)))
    found[f"4 phrases, count, {AT_ONCE} at once"] = max(crowd)
    sys.stdout.write(json.dumps(found))


def _fill() -> Any:
    from django.db import connection

    from accounts.models import User
    from issues.tests.api import make_board

    board = make_board(User.objects.create_user("ann@example.com", "correct horse 9"), "Ours")
    dice = random.Random(1)
    for _ in range(ISSUES // BATCH):
        board.store(list(_issues(board, dice)))
    connection.cursor().execute("ANALYZE")
    connection.close()
    return board


def _issues(board: Any, dice: random.Random) -> Iterator[Any]:
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    for _ in range(BATCH):
        text = [*WORDS, *dice.choices(WORDS, k=TEXT)]
        dice.shuffle(text)
        opened = begin + timedelta(minutes=dice.randrange(2_000_000))
        yield board.build(" ".join(text[:8]), body=" ".join(text), opened_at=opened)


def _search(board: Any, query: dict[str, str]) -> tuple[float, int]:
    """Seconds, and the status."""
    began = time.monotonic()
    status = board.client.get(board.url, query).status_code
    return time.monotonic() - began, status


if __name__ == "__main__":
    main()
