"""Lists with rows out of order are read without gaps."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations.providers.contract.base import Cursor
from integrations.providers.stackoverflow import client
from integrations.tests.provider_contract import FakeHttp
from integrations.tests.stack_pages import API, FILTER, START, page, question, stack


@pytest.fixture(autouse=True)
def known_filter(monkeypatch):
    monkeypatch.setattr(client, "_filters", {API: FILTER})


@dataclass
class Disordered(FakeHttp):
    """Sort questions by `places` but show `dates`, like a cache."""

    replies: list = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    dates: dict[int, int] = field(default_factory=dict)

    def _answer(self, url, endpoint, headers, body):
        query = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
        name = "creation_date" if query["sort"] == "creation" else "last_activity_date"
        start, size = int(query.get("min", 0)), int(query["pagesize"])
        first = (int(query["page"]) - 1) * size
        there = sorted((place, n) for n, place in self.places.items() if place >= start)
        ordered = [n for _, n in there]
        if query["order"] == "desc":
            ordered.reverse()
        rows = [
            question(n, **{name: self.dates.get(n, self.places[n])})
            for n in ordered[first : first + size]
        ]
        self.replies.append(page(*rows, more=len(ordered) > first + size))
        return super()._answer(url, endpoint, headers, body)


def made(seed: int) -> Disordered:
    dice = random.Random(seed)
    http, at = Disordered(), START
    for number in range(1, dice.randrange(300, 900)):
        at += dice.choice([0, 0, 1, 1, 60, 86_400])
        http.places[number] = at
    for number, place in http.places.items():
        if dice.random() < dice.choice([0, 0.01, 0.2]):
            http.dates[number] = place + dice.choice([1, 600, 86_400, 10**7, 10**8])
    return http


def read(pages) -> set[str]:
    return {record.key for each in pages for record in each.records}


def test_one_row_fresher_than_its_place_hides_nothing():
    http = Disordered(places={n: START + n for n in range(1, 896)}, dates={50: START + 458})

    found = read(stack(http).fetch_issues(Cursor()))

    assert len(found) == 895
    assert len(http.urls) <= 11


@pytest.mark.parametrize("row", [98, 99, 100])
def test_a_fresher_row_at_the_end_of_a_page_hides_nothing(row):
    http = Disordered(places={n: START + n for n in range(1, 896)}, dates={row: START + 800})

    assert len(read(stack(http).fetch_issues(Cursor()))) == 895


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_out_of_order_everything_is_read(seed):
    http = made(seed)
    everything = {f"Q{number}" for number in http.places}

    assert read(stack(http).fetch_issues(Cursor())) == everything
    assert read(stack(http).census()) == everything


@pytest.mark.parametrize("seed", range(20))
def test_a_later_pass_reads_all_since_then(seed):
    http = made(seed)
    since = sorted(http.places.values())[100]
    later = {f"Q{number}" for number, place in http.places.items() if place >= since}

    cursor = Cursor(since=datetime.fromtimestamp(since, UTC))

    assert read(stack(http).fetch_issues(cursor)) >= later


def test_order_costs_hardly_more():
    http = Disordered(places={n: START + n for n in range(1, 2_001)})

    assert len(read(stack(http).fetch_issues(Cursor()))) == 2_000
    assert len(http.urls) <= 21
