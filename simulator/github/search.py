"""`/search/issues`: the qualifiers that count and find issues.

https://docs.github.com/en/search-github/searching-on-github/searching-issues-and-pull-requests
"""

import re
from collections.abc import Callable

import msgspec

from simulator.clock import parse_stamp

from .repository import Repository

REACH = 1_000
"""Results beyond these are counted and never shown."""
_TERM = re.compile(r'(?:([\w-]+):)?("[^"]*"|\S+)')
_RANGE = re.compile(r"(>=|<=|>|<)?(.+)")
Test = Callable[[Repository, int], bool]
_IS: dict[str, Test] = {
    "issue": lambda repository, n: not repository.is_pull(n),
    "pr": lambda repository, n: repository.is_pull(n),
    "open": lambda repository, n: repository.is_open(n),
    "closed": lambda repository, n: not repository.is_open(n),
}


class BadQuery(Exception):
    """A qualifier that is not understood here: the real one would ignore it or search for it."""


class Search(msgspec.Struct, frozen=True):
    """What is looked for."""

    repositories: tuple[str, ...]
    tests: tuple[Test, ...]


def read(text: str) -> Search:
    repositories: list[str] = []
    tests: list[Test] = []
    for name, quoted in _TERM.findall(text):
        value = quoted.strip('"')
        if name == "repo":
            repositories.append(value.lower())
        else:
            tests.append(_test(name, value))
    return Search(tuple(repositories), tuple(tests))


def found(search: Search, repository: Repository) -> list[int]:
    """Their numbers, the newest first."""
    numbers = (n for n in repository.numbers() if all(t(repository, n) for t in search.tests))
    return list(numbers)[::-1]


# --- qualifiers -----------------------------------------------------------------------------------


def _test(name: str, value: str) -> Test:
    if name in {"is", "type", "state"} and value in _IS:
        return _IS[value]
    if name in {"created", "updated"}:
        return _time(name, value)
    if name == "label":
        return lambda repository, n: value in repository.issue(n).labels
    if name == "author":
        return lambda repository, n: repository.issue(n).author == value
    if name:
        raise BadQuery(f"{name}:{value}")
    return lambda repository, n: value.lower() in repository.issue(n).title.lower()


def _time(field: str, value: str) -> Test:
    sign, text = _RANGE.findall(value)[0]
    low, dots, high = text.partition("..")
    first, last = parse_stamp(low), parse_stamp(high) if dots else None
    if first is None or (dots and last is None):
        raise BadQuery(f"{field}:{value}")
    compare = _between(first, last if last is not None else first) if dots else _SIGNS[sign](first)
    if field == "updated":
        return lambda repository, n: compare(repository.updated(n))
    return lambda repository, n: compare(repository.issue(n).created)


def _between(first: int, last: int) -> Callable[[int], bool]:
    return lambda moment: first <= moment <= last


_SIGNS: dict[str, Callable[[int], Callable[[int], bool]]] = {
    ">=": lambda limit: lambda moment: moment >= limit,
    "<=": lambda limit: lambda moment: moment <= limit,
    ">": lambda limit: lambda moment: moment > limit,
    "<": lambda limit: lambda moment: moment < limit,
    "": lambda day: _between(day, day + 86_399),
}
