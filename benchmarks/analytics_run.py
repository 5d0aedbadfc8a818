"""Run of the analytics benchmark: create data, measure, verify, print."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import psycopg
from django.core.management import call_command

from accounts.models import User
from accounts.sign_in import tokens
from benchmarks.analytics_data import Made, make_project, vacuum
from benchmarks.analytics_measure import Measuring, Plan
from benchmarks.analytics_truth import Truth
from benchmarks.api_floor import Floor
from benchmarks.api_inside import Inside
from benchmarks.api_read import Bar
from benchmarks.measure import table

QUICK, WHOLE = Plan(rounds=2, requests=5), Plan(rounds=7, requests=20)
ONCE = Plan(rounds=0, requests=1)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    small: int
    big: int
    is_quick: bool


def run(url: str, sizes: Sizes) -> int:
    """Run the benchmark; return the exit status."""
    call_command("migrate", verbosity=0)
    user = User.objects.create(email="bench@example.com")
    inside = Inside(tokens.issue(user).access)
    with psycopg.connect(url, autocommit=True) as database:
        _say(f"creating {sizes.small:,} and {sizes.big:,} issues ...")
        small, big = _make(database, user.pk, sizes)
        measuring = Measuring(small, big, QUICK if sizes.is_quick else WHOLE, database, inside,
                              Floor(url))  # fmt: skip
        _measure(measuring)
        return _compare(measuring, Truth(database, inside))


def _make(database: psycopg.Connection, user_id: int, sizes: Sizes) -> tuple[Made, Made]:
    now = datetime.now(UTC).replace(microsecond=0)
    small = make_project(database, user_id, sizes.small, now)
    big = make_project(database, user_id, sizes.big, now)
    vacuum(database)
    return small, big


def _measure(measuring: Measuring) -> None:
    _say("working everything out ...")
    measuring.measure_rebuild()
    _say(table(measuring.rebuilds))
    _say("\nworking out changes, and asking ...")
    measuring.measure_delta()
    measuring.measure_summary()
    measuring.measure_trends()
    replace(measuring, plan=ONCE).measure_trends_by_label()
    _say(table(measuring.lines))


def _compare(measuring: Measuring, truth: Truth) -> int:
    measuring.leave_changed()
    for made in measuring.both:
        truth.compare(made)
    error = max(each.error for each in truth.percentiles)
    measuring.bars.append(Bar("-", "percentiles: greatest error, %", 2, 1.6, 100 * error))
    heading = ("bar", "what", "must", "stretch", "measured", "reached")
    _say("\n" + table([heading, *(bar.row() for bar in measuring.bars)]))
    for each in truth.wrong:
        _say(f"WRONG: {each.what}: {each.ours}, by SQL {each.theirs}")
    return 1 if truth.wrong else 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201
