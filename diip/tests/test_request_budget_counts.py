"""Request budgets: burst of one minute, even refill, one per client."""

import time

import pytest

from diip.common.http_api import request_budget


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def spend(times: int, who: str = "ann") -> list[bool]:
    return [request_budget.spend("test", who, per_minute=60) == 0 for _ in range(times)]


def test_burst_of_one_minute_is_allowed(clock):
    assert spend(61) == [True] * 60 + [False]


def test_refusal_is_free_and_returns_the_wait(clock):
    spend(60)

    for _ in range(5):
        assert request_budget.spend("test", "ann", per_minute=60) == pytest.approx(1)

    clock[0] += 1
    assert spend(2) == [True, False]


def test_budgets_are_separate(clock):
    spend(60)

    assert spend(1, "bob") == [True]
    assert request_budget.spend("another kind", "ann", per_minute=60) == 0


def test_stored_budgets_are_bounded(clock, monkeypatch):
    monkeypatch.setattr(request_budget, "MAX_CLIENTS", 10)
    for number in range(100):
        spend(1, str(number))

    assert len(request_budget._paid_until) <= 10
