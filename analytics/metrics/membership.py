"""Conditions that select the issues counted by a metric.

Daily totals are sums of the same contributions, so a number and its issues cannot disagree.
"""

from datetime import date

from django.db.models import Q

from analytics.facts.daily_totals import contributions
from analytics.facts.issue_facts import Facts
from analytics.facts.status_timeline import DONE
from analytics.metrics.base import Includes
from issues.models import Issue


def contributes_to(*keys: str) -> Includes:
    """Return a condition: the issue contributes to one of these columns in the range."""

    def includes(facts: Facts, first: date, last: date) -> bool:
        return any(key in keys for day, key, _ in contributions(facts) if first <= day <= last)

    return includes


def reasons_to_exclude(facts: Facts, metric: str, first: date, last: date) -> set[str]:
    """Return the reasons why the metric does not count the issue in the range."""
    keys = (key for day, key, _ in contributions(facts) if first <= day <= last)
    return {key[2] for key in keys if key[:2] == ("excluded", metric)}


def existed(facts: Facts, first: date, last: date) -> bool:
    return facts.opened_day <= last


def was_open(facts: Facts, first: date, last: date) -> bool:
    """Return True if the issue was open at the end of the last day."""
    if facts.opened_day > last or (facts.undated_day and facts.undated_day <= last):
        return False
    past = [kind for day, kind, *_ in facts.events if date.fromisoformat(day) <= last]
    return past.count("closed") == past.count("reopened")


def was_closed(facts: Facts, first: date, last: date) -> bool:
    return facts.opened_day <= last and not was_open(facts, first, last)


def is_waiting(facts: Facts, first: date, last: date) -> bool:
    return facts.status != DONE and facts.response_day is None


def is_open(facts: Facts, first: date, last: date) -> bool:
    return facts.status != DONE


def is_in_progress(facts: Facts, first: date, last: date) -> bool:
    return facts.status == Issue.Status.IN_PROGRESS


# --- SQL conditions, which may select too many ---------------------------------------------------


def opened_until(first: date, last: date) -> Q:
    return Q(opened_day__lte=last)


def opened_between(first: date, last: date) -> Q:
    return Q(opened_day__range=(first, last))


def ended_between(first: date, last: date) -> Q:
    return Q(closed_day__range=(first, last)) | Q(undated_day__range=(first, last))


def answered_between(first: date, last: date) -> Q:
    return Q(response_day__range=(first, last))


def active_between(first: date, last: date) -> Q:
    """Select issues that may have events in the range."""
    return Q(opened_day__lte=last) & (Q(closed_day=None) | Q(closed_day__gte=first))


def closed_or_reopened_between(first: date, last: date) -> Q:
    """Select issues that may have been closed or reopened in the range."""
    return active_between(first, last) & ~Q(events=[])


def open_now(first: date, last: date) -> Q:
    return Q(status__in=(Issue.Status.TODO, Issue.Status.IN_PROGRESS))
