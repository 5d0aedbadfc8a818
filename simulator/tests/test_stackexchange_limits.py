"""The simulated Stack Exchange: quotas by address, `backoff`, and how deep one may page."""

from simulator.tests.simulated_stackexchange import NOW, Reader, reader

__all__ = ["reader"]


def left(reader: Reader, target: str = "/questions?pagesize=1", **where: str) -> tuple[int, int]:
    page = reader.read(target, **where)
    return page["quota_remaining"], page["quota_max"]


def test_three_hundred_a_day_without_a_key(reader):
    assert left(reader) == (299, 300)
    assert left(reader) == (298, 300)


def test_ten_thousand_with_a_key(reader):
    assert left(reader, "/questions?key=k") == (9_999, 10_000)


def test_programs_at_one_address_share_the_quota_and_the_best_key_counts(reader):
    left(reader)
    left(reader, "/questions?key=k")

    assert left(reader) == (9_997, 10_000)
    assert left(reader, address="10.0.0.9") == (299, 300)


def test_used_up_quota_names_the_seconds_to_midnight(reader):
    reader.stackexchange.limits.use_up()

    wait = 86_400 - NOW % 86_400
    assert reader.error("/questions") == (
        502,
        "throttle_violation",
        f"too many requests from this IP, more requests available in {wait} seconds",
    )


def test_new_day_new_quota(reader):
    reader.stackexchange.limits.use_up(left=1)
    assert left(reader) == (0, 300)
    assert reader.error("/questions")[0] == 502

    reader.clock.shift(86_400 - NOW % 86_400)

    assert left(reader) == (299, 300)


def test_refused_requests_are_counted_too(reader):
    reader.error("/questions?sort=beauty")

    assert left(reader) == (298, 300)


def test_key_nobody_registered(reader):
    strict = Reader(keys=["good"])

    assert strict.error("/questions?key=bad")[1] == "bad_parameter"
    assert left(strict, "/questions?key=good") == (9_999, 10_000)


def test_backoff_comes_in_an_answer_that_is_right(reader):
    reader.stackexchange.backoff("/questions", seconds=12)

    page = reader.read("/questions")

    assert page["backoff"] == 12
    assert len(page["items"]) == 30


def test_method_called_again_too_early_is_a_violation(reader):
    reader.stackexchange.backoff("/questions", seconds=12)
    reader.read("/questions")

    assert reader.error("/questions?page=2")[:2] == (502, "throttle_violation")
    assert reader.replies[-1].note == "throttle_violation"


def test_other_methods_go_on(reader):
    reader.stackexchange.backoff("/questions", seconds=12)
    question = reader.read("/questions")["items"][0]["question_id"]

    assert reader.items(f"/questions/{question}")
    assert reader.items("/sites", site="")


def test_after_the_time_all_is_well(reader):
    reader.stackexchange.backoff("/questions", seconds=12)
    reader.read("/questions")
    reader.clock.shift(12)

    assert "backoff" not in reader.read("/questions")


def test_backoff_later_and_more_than_once(reader):
    reader.stackexchange.backoff("/questions", seconds=1, after=2, times=2)

    seen = []
    for _ in range(4):
        seen.append(reader.read("/questions").get("backoff"))
        reader.clock.shift(5)
    assert seen == [None, 1, 1, None]


def test_deep_pages_need_a_key(reader):
    assert reader.error("/questions?page=26")[:2] == (403, "access_denied")
    assert reader.items("/questions?page=25&pagesize=1")
    assert reader.items("/questions?page=26&pagesize=1&key=k")
