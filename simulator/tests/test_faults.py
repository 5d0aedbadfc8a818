"""Each fault does what its name says, to the request it was meant for, and to no other."""

import json
import re
import zlib

import pytest

from simulator.faults.faults import FAULTS, Faults, UnknownFault
from simulator.tests.simulated import ALL, ROOT, Reader, link
from simulator.web import Reply, Request

PARTIAL = "partial-results; organizations=21955855,20582480"
EVENTS = "/repos/octo/engine/issues/events"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(anonymous_quota=5000)


class Faulty:
    """The simulated GitHub with faults in front of it."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.faults = Faults(1, reader.clock)

    def ask(self, target: str = ALL, **headers: str) -> Reply:
        path, _, query = target.removeprefix(f"{ROOT}/github").partition("?")
        request = Request("GET", f"/github{path}", query, {}, b"", ROOT, "127.0.0.1")
        return self.faults.around(request, lambda: self.reader.ask(target, **headers))[0]

    def struck(self, kind: str, target: str = ALL, **options: object) -> Reply:
        self.faults.add(kind, **options)
        return self.ask(target)


@pytest.fixture
def faulty(reader) -> Faulty:
    return Faulty(reader)


def rows(reply: Reply) -> list[dict]:
    return json.loads(reply.plain_body())


# --- when they strike -----------------------------------------------------------------------------


def test_fault_strikes_the_nth_matching_request_as_often_as_told(faulty):
    faulty.faults.add("status", path="/issues", nth=3, times=2)

    statuses = [faulty.ask().status for _ in range(6)]

    assert statuses == [200, 200, 500, 500, 200, 200]


def test_fault_strikes_only_what_matches_path_and_query(faulty):
    faulty.faults.add("status", path=r"issues\?.*page=2", times=None)

    assert faulty.ask(f"{ALL}&page=2").status == 500
    assert faulty.ask(f"{ALL}&page=1").status == 200


def test_chance_is_the_same_for_the_same_seed(faulty, reader):
    again = Faulty(reader)
    for one in (faulty, again):
        one.faults.add("not_found", times=None, chance=30)

    statuses = [[one.ask().status for _ in range(40)] for one in (faulty, again)]

    assert statuses[0] == statuses[1]
    assert 4 < statuses[0].count(404) < 24


def test_faults_come_on_top_of_each_other(faulty):
    faulty.faults.add("no_quota")
    faulty.faults.add("latency", milliseconds=300)

    reply = faulty.ask()

    assert "X-RateLimit-Limit" not in reply.headers
    assert (reply.status, reply.seconds) == (200, 0.3)


def test_unknown_fault_is_refused_with_the_names_there_are(faulty):
    with pytest.raises(UnknownFault, match="secondary_limit"):
        faulty.faults.add("meteorite")


def test_every_fault_says_what_it_does():
    assert all((fault.__doc__ or "").strip() for fault in FAULTS.values())


# --- statuses and headers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "status", "header"),
    [
        ("status", {"status": 502}, 502, {"Content-Type": "text/html"}),
        ("status", {"status": 503, "retry_after": 7}, 503, {"Retry-After": "7"}),
        ("primary_limit", {}, 403, {"X-RateLimit-Remaining": "0"}),
        ("primary_limit", {"status": 429}, 429, {"X-RateLimit-Remaining": "0"}),
        ("secondary_limit", {}, 403, {"Retry-After": "60"}),
        ("secondary_limit", {"status": 429, "retry_after": "-5"}, 429, {"Retry-After": "-5"}),
        ("secondary_limit", {"retry_after": "soon"}, 403, {"Retry-After": "soon"}),
        ("secondary_limit", {"retry_after": None}, 403, {"Retry-After": None}),
        ("bad_token", {}, 401, {"Retry-After": None}),
        ("forbidden", {}, 403, {"X-Accepted-GitHub-Permissions": "issues=read"}),
        ("not_found", {}, 404, {"Link": None}),
        ("gone", {}, 410, {"Link": None}),
        ("legal", {}, 451, {"Link": None}),
        ("redirect", {"to": "http://other.test/"}, 301, {"Location": "http://other.test/"}),
        ("redirect", {}, 301, {"Location": f"{ROOT}/github{ALL}"}),
        ("redirect", {"to": "ring"}, 301, {"Location": f"{ROOT}/github{ALL}&ring=1"}),
        ("sso_partial", {}, 200, {"X-GitHub-SSO": PARTIAL}),
        ("no_date", {}, 200, {"Date": ""}),
        ("no_quota", {}, 200, {"X-RateLimit-Remaining": None}),
    ],
)
def test_statuses_and_headers(faulty, kind, options, status, header):
    reply = faulty.struck(kind, **options)

    assert reply.status == status
    assert {name: reply.headers.get(name) for name in header} == header


def test_primary_limit_resets_when_told_also_in_the_past(faulty):
    past = faulty.struck("primary_limit", resets_in=-90)

    assert int(past.headers["X-RateLimit-Reset"]) == faulty.reader.clock.now() - 90


def test_http_date_and_sso_and_skewed_clock(faulty):
    limited = faulty.struck("secondary_limit", retry_after="http-date")
    sso = faulty.struck("sso_required")
    skewed = faulty.struck("clock_skew", seconds=-7200)

    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", limited.headers["Retry-After"])
    assert sso.headers["X-GitHub-SSO"].startswith("required; url=")
    assert skewed.headers["Date"].endswith("GMT")


@pytest.mark.parametrize("kind", ["reset", "hang", "drip", "cut"])
def test_connections(faulty, kind):
    assert faulty.struck(kind).transport == kind


# --- bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("html", rb"^<!DOCTYPE html>"),
        ("empty", rb"^$"),
        ("object", rb"^\{"),
        ("bad_utf8", b"\xff\xfe"),
        ("bom", b"^\xef\xbb\xbf\\["),
        ("nul", rb"\\u0000"),
        ("surrogate", rb"\\ud800"),
        ("nan", rb'"comments":NaN'),
        ("big_number", rb'"comments":7{5000},'),
        ("deep", rb"^\[{100000}\]{100000}$"),
        ("null_field", rb'"created_at":null'),
        ("unknown_enum", rb'"state":"pondering"'),
        ("string_id", rb'"id":"id-\d+"'),
        ("date", rb'"updated_at":"0000-01-01T00:00:00Z"'),
    ],
)
def test_bodies(faulty, kind, wanted):
    reply = faulty.struck(kind)

    assert reply.status == 200
    assert re.search(wanted, reply.plain_body())


def test_one_broken_record_leaves_its_neighbours_alone(faulty):
    whole = rows(faulty.ask())

    broken = rows(faulty.struck("missing_field", row=3))

    assert "id" not in broken[3]
    assert [row for i, row in enumerate(broken) if i != 3] == [
        row for i, row in enumerate(whole) if i != 3
    ]


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59Z", "2026-01-01T00:00:00", "soon", 12])
def test_any_value_in_any_field(faulty, value):
    reply = faulty.struck("value", field="closed_at", value=value, row=1)

    assert rows(reply)[1]["closed_at"] == value


def test_broken_record_in_the_events_feed(faulty):
    assert rows(faulty.struck("unknown_enum", EVENTS))[0]["event"] == "pondering"


def test_huge_bodies(faulty):
    huge = faulty.struck("huge", megabytes=3)
    bomb = faulty.struck("gzip_bomb", megabytes=20)

    assert len(huge.body) > 3 * 2**20
    assert len(bomb.body) < 2**16
    assert len(zlib.decompress(bomb.body, 31)) > 20 * 2**20


# --- pages ----------------------------------------------------------------------------------------


def read_all(faulty: Faulty, most: int = 20) -> list[int]:
    numbers, url = [], ALL
    while url and most:
        reply, most = faulty.ask(url), most - 1
        numbers += [row["number"] for row in rows(reply)]
        url = link(reply, "next")
    return numbers


@pytest.mark.parametrize(("kind", "extra"), [("duplicate_page", 100), ("empty_next", 0)])
def test_page_faults_lose_nothing(faulty, kind, extra):
    faulty.faults.add(kind, nth=2)

    numbers = read_all(faulty)

    assert len(numbers) == 250 + extra
    assert set(numbers) == set(range(1, 251))


def test_next_page_that_is_this_one(faulty):
    assert link(faulty.struck("self_next"), "next") == f"{ROOT}/github{ALL}"


def test_shuffled_page_has_the_same_rows(faulty):
    numbers = [row["number"] for row in rows(faulty.struck("shuffled"))]

    assert numbers != sorted(numbers) == list(range(1, 101))
