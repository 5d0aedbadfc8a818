"""Finding issues: a query carried out for somebody, kept until something changes."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Set
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING

import msgspec

from .access import Asker
from .jql import BadJql, Clause, Query, parse
from .model import Issue

if TYPE_CHECKING:
    from .state import Jira

Position = tuple[int, ...]
Test = Callable[[Issue], bool]
_SIGNS: dict[str, Callable[[int, int], bool]] = {"=": eq, ">": gt, "<": lt, ">=": ge, "<=": le}
_KEPT = 16


class Found(msgspec.Struct):
    """All that match, in order, with the places a page can start after."""

    issues: list[Issue]
    places: list[Position]

    def after(self, place: Position | None, count: int) -> tuple[list[Issue], Position | None]:
        """The next `count`, and the place of the last one where more follow."""
        start = bisect_right(self.places, place) if place else 0
        end = start + count
        more = end < len(self.issues)
        return self.issues[start:end], self.places[end - 1] if more and count else None


class Search:
    """Carries out queries on one site."""

    def __init__(self, jira: "Jira") -> None:
        self._jira = jira
        self._kept: OrderedDict[object, Found] = OrderedDict()

    def query(self, jql: str, asker: Asker) -> Query:
        return parse(jql, asker.zone, self._jira.clock.exact())

    def find(self, jql: str, asker: Asker, reconciled: Set[int] = frozenset()) -> Found:
        jira = self._jira
        jira.index.settle()
        query = self.query(jql, asker)
        key = (query, asker, reconciled, jira.version, jira.index.version)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._found(query, asker, reconciled)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def _found(self, query: Query, asker: Asker, reconciled: Set[int]) -> Found:
        tests = [self._test(clause, asker) for clause in query.clauses]
        place = _placing(query, self._jira)
        rows = self._jira.index.rows(self._jira.issues, reconciled)
        matching = [
            (place(issue), issue)
            for issue in rows
            if all(test(issue) for test in tests) and self._jira.finds(issue, asker)
        ]
        matching.sort(key=lambda pair: pair[0])
        return Found([issue for _, issue in matching], [place for place, _ in matching])

    # --- conditions ------------------------------------------------------------------------------

    def _test(self, clause: Clause, asker: Asker) -> Test:
        if clause.field == "project":
            projects = frozenset(self._projects(clause, asker))
            return lambda issue: issue.project in projects
        if clause.field == "id":
            ids = frozenset(self._ids(clause, asker))
            return lambda issue: issue.id in ids
        compare, moment = _SIGNS[clause.sign], clause.moment
        if clause.field == "updated":
            return lambda issue: compare(issue.updated, moment)
        return lambda issue: compare(issue.created, moment)

    def _projects(self, clause: Clause, asker: Asker) -> Iterator[str]:
        """Nobody in particular finds nothing; somebody is told which project there is not."""
        for value in clause.values:
            project = self._jira.find_project(value)
            if project and (self._jira.opens(project, asker) or self._jira.hides_quietly):
                yield project.key
            elif asker.login:
                raise BadJql(f"The value '{value}' does not exist for the field 'project'.")

    def _ids(self, clause: Clause, asker: Asker) -> Iterator[int]:
        for value in clause.values:
            issue = self._jira.find(value)
            if issue and self._jira.shows(issue, asker):
                yield issue.id
            elif asker.login and value.isdigit():
                raise BadJql(f"A value with ID '{value}' does not exist for the field 'id'.")
            elif asker.login:
                raise BadJql(f"An issue with key '{value}' does not exist for field 'id'.")


def _placing(query: Query, jira: "Jira") -> Callable[[Issue], Position]:
    """The place of an issue in the order asked for; without one the newest come first."""
    wanted = [(order.field, -1 if order.descending else 1) for order in query.orders]
    wanted = [*(wanted or [("created", -1)]), ("id", wanted[-1][1] if wanted else -1)]

    def place(issue: Issue) -> Position:
        return tuple(sign * int(getattr(issue, field)) for field, sign in wanted)

    return place
