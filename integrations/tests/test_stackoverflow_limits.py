"""Quota, `backoff` and error replies."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.providers.contract.base import Cursor, ProviderRateLimited, ProviderUnavailable
from integrations.providers.stackoverflow import client
from integrations.tests.provider_contract import FakeHttp, reply
from integrations.tests.stack_pages import (
    API,
    DATE,
    FILTER,
    START,
    comment,
    page,
    question,
    refusal,
    stack,
    wrapped,
)

MIDNIGHT = datetime(2025, 11, 23, tzinfo=UTC)


@pytest.fixture(autouse=True)
def known_filter(monkeypatch):
    monkeypatch.setattr(client, "_filters", {API: FILTER})


class Strict(FakeHttp):
    """HTTP client that refuses requests during a pause, like the session."""

    def _answer(self, *asked):
        if self.pauses:
            raise ProviderRateLimited("paused", retry_after=self.pauses[-1])
        return super()._answer(*asked)


def read(*replies):
    http = FakeHttp(list(replies))
    return http, list(stack(http).fetch_issues(Cursor()))


def test_the_quota_of_every_answer_is_noted_until_midnight():
    http, _ = read(page(question(), quota_max=300, quota_remaining=12))

    assert http.quotas == [(300, 12, MIDNIGHT)]


@pytest.mark.parametrize("quota", [None, -1, "much", True, 1.5, []])
def test_a_quota_that_is_no_number_is_not_noted(quota):
    http, pages = read(page(question(), quota_remaining=quota))

    assert http.quotas == []
    assert len(pages) == 1


def test_backoff_applies_after_the_page():
    http, [found] = read(page(question(), backoff=10))

    assert http.pauses == [timedelta(seconds=10)]
    assert len(found.records) == 1


@pytest.mark.parametrize(
    ("told", "seconds"),
    [(0.2, 1), ("7", 7), (10**9, 3600), (-5, 1), ("soon", 60), ([], 60), (True, 60)],
)
def test_a_backoff_is_kept_within_reason(told, seconds):
    http, _ = read(page(question(), backoff=told))

    assert http.pauses == [timedelta(seconds=seconds)]


def test_a_backoff_is_for_its_method_and_lets_the_page_be_finished():
    http = Strict(
        [
            page(question(comment_count=1), more=True, backoff=5),
            page(comment(21), backoff=9),
            page(question()),
        ]
    )

    passing = stack(http).fetch_issues(Cursor())

    assert len(next(passing).comments) == 1
    assert http.pauses == [timedelta(seconds=9)]
    with pytest.raises(ProviderRateLimited):
        next(passing)


def test_the_same_method_is_not_asked_again_within_a_page():
    late = comment(22, creation_date=START + 900)
    http = Strict(
        [
            page(question(comment_count=2)),
            page(comment(21), late, more=True, backoff=5),
            page(late),
        ]
    )

    with pytest.raises(ProviderRateLimited):
        list(stack(http).fetch_issues(Cursor()))

    assert len(http.urls) == 2


def test_a_refusal_may_carry_a_backoff():
    http = FakeHttp([refusal(503, backoff=30)])

    with pytest.raises(ProviderUnavailable):
        list(stack(http).fetch_issues(Cursor()))

    assert http.pauses == [timedelta(seconds=30)]


def test_with_the_quota_spent_nothing_more_is_asked():
    http = Strict([page(question(), more=True, quota_remaining=0), page(question())])
    passing = stack(http).fetch_issues(Cursor())

    assert len(next(passing).records) == 1
    with pytest.raises(ProviderRateLimited):
        next(passing)

    assert len(http.urls) == 1


def test_a_spent_quota_is_waited_for_till_midnight_at_most_an_hour_at_a_time():
    late = "Sat, 22 Nov 2025 23:40:00 GMT"
    body = {"error_id": 502, "quota_max": 300, "quota_remaining": 0}

    with pytest.raises(ProviderRateLimited) as noon:
        read(reply(body, 400, date=DATE))
    with pytest.raises(ProviderRateLimited) as night:
        read(reply(body, 400, date=late))

    assert noon.value.retry_after == timedelta(hours=1)
    assert night.value.retry_after == timedelta(minutes=20)


def test_a_throttled_address_waits_whatever_the_text_says():
    with pytest.raises(ProviderRateLimited) as failure:
        read(refusal(502, error_message="more requests available in 1 seconds"))

    assert failure.value.retry_after == timedelta(minutes=10)


def test_an_error_inside_an_answer_is_a_failure():
    with pytest.raises(ProviderUnavailable):
        read(reply(wrapped(question(), error_id=500, error_name="internal_error")))


def test_check_applies_a_backoff():
    http = FakeHttp([page({"name": "python"}, backoff=10)])

    stack(http).check()

    assert http.pauses == [timedelta(seconds=10)]


def test_counting_is_refused_quietly_but_for_limits():
    assert stack(FakeHttp([refusal(403)])).count() is None
    with pytest.raises(ProviderRateLimited):
        stack(FakeHttp([refusal(502)])).count()
