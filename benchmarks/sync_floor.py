"""Baseline of the sync benchmark: fetch the same pages, parse, write one table.

16 columns. `bare` has only the unique key, otherwise five more indexes, as a product needs them.
"""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import msgspec
import psycopg

TOKEN = "benchmark"  # noqa: S105 - no real secret
_HEADERS = {
    "User-Agent": "floor",
    "Accept-Encoding": "gzip",
    "Authorization": f"Bearer {TOKEN}",
}
_COLUMNS = (
    "project_id", "source_issue_id", "key", "url", "title", "body", "status", "outcome", "type",
    "author", "labels", "assignees", "comment_count", "opened_at", "closed_at",
    "source_updated_at",
)  # fmt: skip
_NAMES = ", ".join(_COLUMNS)
_TABLE = """CREATE TABLE floor (
    project_id bigint, source_issue_id bigint, key varchar(64), url text, title text, body text,
    status varchar(16), outcome varchar(16), type varchar(100), author text, labels text,
    assignees text, comment_count integer, opened_at {moment}, closed_at {moment},
    source_updated_at {moment}, UNIQUE (project_id, source_issue_id))"""
_INDEXES = (
    "(project_id, key)", "(project_id, opened_at)", "(project_id, source_updated_at)",
    "(project_id, status, closed_at)", "(author)",
)  # fmt: skip
_ON_CONFLICT = "ON CONFLICT (project_id, source_issue_id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _COLUMNS[2:]
)

Row = tuple[object, ...]


def fetch(url: str) -> Iterator[bytes]:
    """Yield all pages from `url` on, over one keep-alive connection."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)
    target: str | None = f"{parts.path}?{parts.query}"
    while target:
        connection.request("GET", target, headers=_HEADERS)
        reply = connection.getresponse()
        body = reply.read()
        yield zlib.decompress(body, 31) if reply.headers["Content-Encoding"] == "gzip" else body
        target = _next(reply.headers["Link"] or "")
    connection.close()


def fetch_and_parse(url: str) -> int:
    return sum(len(msgspec.json.decode(page)) for page in fetch(url))


def _next(link: str) -> str | None:
    first = next((part for part in link.split(", <") if 'rel="next"' in part), "")
    return "/" + first.lstrip("<").split(">")[0].split("/", 3)[3] if first else None


def _rows(page: bytes) -> Iterator[Row]:
    for issue in msgspec.json.decode(page):
        yield (
            1, issue["id"], f"#{issue['number']}", issue["html_url"], issue["title"],
            issue["body"], issue["state"], issue["state_reason"],
            issue["type"]["name"] if issue["type"] else "",
            issue["user"]["login"] if issue["user"] else None,
            ",".join(label["name"] for label in issue["labels"]),
            ",".join(user["login"] for user in issue["assignees"]),
            issue["comments"], issue["created_at"], issue["closed_at"], issue["updated_at"],
        )  # fmt: skip


def _create_table(moment: str, *, bare: bool) -> Iterator[str]:
    yield "DROP TABLE IF EXISTS floor"
    yield _TABLE.format(moment=moment)
    for columns in () if bare else _INDEXES:
        yield f"CREATE INDEX ON floor {columns}"


class PostgresFloor:
    """Baseline with one COPY into a temporary table and one INSERT."""

    def __init__(self, conninfo: str) -> None:
        self._database = psycopg.connect(conninfo, autocommit=True)
        self.backend: int | None = self._database.info.backend_pid

    def empty(self, *, bare: bool = False) -> None:
        for statement in _create_table("timestamptz", bare=bare):
            self._database.execute(statement)

    def sync(self, url: str) -> None:
        insert = f"INSERT INTO floor ({_NAMES}) SELECT {_NAMES} FROM incoming {_ON_CONFLICT}"  # noqa: S608
        with self._database.transaction(), self._database.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE incoming (LIKE floor) ON COMMIT DROP")
            with cursor.copy("COPY incoming FROM STDIN") as copy:
                for page in fetch(url):
                    for row in _rows(page):
                        copy.write_row(row)
            cursor.execute(insert)

    def close(self) -> None:
        self._database.close()


class SqliteFloor:
    """Baseline with one transaction of `executemany`."""

    backend: int | None = None

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")

    def empty(self, *, bare: bool = False) -> None:
        for number, statement in enumerate(_create_table("text", bare=bare)):
            self._database.execute(statement.replace("INDEX ON", f"INDEX floor_{number} ON"))

    def sync(self, url: str) -> None:
        marks = ", ".join("?" * len(_COLUMNS))
        insert = f"INSERT INTO floor ({_NAMES}) VALUES ({marks}) {_ON_CONFLICT}"  # noqa: S608
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany(insert, _all_rows(fetch(url)))
        self._database.execute("COMMIT")

    def close(self) -> None:
        self._database.close()


def _all_rows(pages: Iterable[bytes]) -> Iterator[Row]:
    for page in pages:
        yield from _rows(page)


Floor = PostgresFloor | SqliteFloor
