"""The issues list: which rows a query asks for, page by page."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Literal

import msgspec

from simulator.content.lifecycles import COMMENT_SLOTS

from .model import Issue
from .orders import ByCreation, Key, Listed, Order
from .repository import Repository

Sort = Literal["created", "updated", "comments"]


_FEW_TICKS = 8_000
"""Up to so many, all that happened in them is listed at once. Of more, so much of the repository
has changed that walking through it and leaving out the rest is cheaper."""


class IssueQuery(msgspec.Struct, frozen=True):
    state: str = "open"
    sort: Sort = "created"
    descending: bool = True
    since: int | None = None
    per_page: int = 30
    page: int = 1
    after: Key | None = None


class IssuePage(msgspec.Struct, frozen=True):
    numbers: tuple[int, ...]
    next_key: Key | None
    """Of the last row, where more rows follow."""
    total: int | None
    """How many rows all pages hold, where that is known without looking at all of them."""


class IssueLists:
    """The lists of one repository. Orders are kept until something changes."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._orders: OrderedDict[object, tuple[Order, bool]] = OrderedDict()
        self._touched: OrderedDict[int, list[int]] = OrderedDict()

    def page(self, query: IssueQuery) -> IssuePage:
        order, filtered = self._order(query)
        rows = self._walk(order, query, filtered=filtered)
        skipped = (query.page - 1) * query.per_page if filtered and query.after is None else 0
        numbers = list(islice(rows, skipped, skipped + query.per_page + 1))
        more = len(numbers) > query.per_page
        shown = tuple(numbers[: query.per_page])
        next_key = self._key(query.sort)(shown[-1]) if more else None
        return IssuePage(shown, next_key, None if filtered else len(order))

    def _walk(self, order: Order, query: IssueQuery, *, filtered: bool) -> Iterator[int]:
        start = self._start(order, query, filtered=filtered)
        spots = range(start, -1, -1) if query.descending else range(start, len(order))
        rows = map(order.at, spots)
        return filter(self._filter(query), rows) if filtered else rows

    @staticmethod
    def _start(order: Order, query: IssueQuery, *, filtered: bool) -> int:
        if query.after is not None:
            value, id_ = query.after
            return (
                order.rank((value, id_)) - 1 if query.descending else order.rank((value, id_ + 1))
            )
        offset = 0 if filtered else (query.page - 1) * query.per_page
        return len(order) - 1 - offset if query.descending else offset

    # --- orders ----------------------------------------------------------------------------------

    def _order(self, query: IssueQuery) -> tuple[Order, bool]:
        """The order, and whether its rows must still be filtered one by one."""
        key = (self._repository.version, query.sort, query.since, query.state)
        if key not in self._orders:
            self._orders[key] = self._make_order(query)
            if len(self._orders) > 8:
                self._orders.popitem(last=False)
        return self._orders[key]

    def _make_order(self, query: IssueQuery) -> tuple[Order, bool]:
        far_back = query.since is None or self._ticks_since(query.since) > _FEW_TICKS
        if query.sort == "created" and far_back:
            return ByCreation(self._repository), query.state != "all" or query.since is not None
        numbers = self._repository.numbers() if far_back else self._since(query.since or 0)
        wanted, key = self._filter(query), self._key(query.sort)
        return Listed([(*key(n), n) for n in numbers if wanted(n)]), False

    def _since(self, moment: int) -> list[int]:
        """All that may have changed since, from what happened since: not from all there is."""
        changed = self._repository.changed
        past = [n for n in self._touched_since(moment) if n not in changed]
        return [n for n in [*past, *changed] if self._repository.has(n)]

    def _touched_since(self, moment: int) -> list[int]:
        history = self._repository.history
        if moment > history.until:
            return []
        if moment not in self._touched:
            ticks = range(history.count + 1 - self._ticks_since(moment), history.count + 1)
            turns = (turn for tick in ticks for turn in history.timeline.owners(tick))
            found = {n for slot, n in turns if slot == 0 or slot in history.script(n)}
            self._touched[moment] = sorted(found)
            if len(self._touched) > 4:
                self._touched.popitem(last=False)
        return self._touched[moment]

    def _ticks_since(self, moment: int) -> int:
        """How many ticks of the history may have changed something since."""
        history = self._repository.history
        return history.count + 1 - max(history.rhythm.last_tick_at(moment), 1)

    # --- facts about one row ---------------------------------------------------------------------

    def _filter(self, query: IssueQuery) -> Callable[[int], bool]:
        since, state = query.since, query.state
        repository = self._repository
        oldest = 0 if since is None else self._oldest_alive(since)

        def wanted(number: int) -> bool:
            if number < oldest and number not in repository.changed:
                return False
            if since is not None and repository.updated(number) < since:
                return False
            return state == "all" or self._state(number) == state

        return wanted

    def _oldest_alive(self, moment: int) -> int:
        """Nothing happened at or after `moment` to issues of the history before this one."""
        history = self._repository.history
        return history.rhythm.last_tick_at(moment) - history.timeline.reach

    def _state(self, number: int) -> str:
        return "open" if self._repository.is_open(number) else "closed"

    def _key(self, sort: Sort) -> Callable[[int], Key]:
        history, changed = self._repository.history, self._repository.changed

        def key(number: int) -> Key:
            issue = changed.get(number)
            if issue:
                return _sorted_by(issue, sort), issue.id
            if sort == "created":
                return history.rhythm.tick(number), history.issue_id(number)
            life = history.life(number)
            comments = sum(slot in COMMENT_SLOTS for slot, _ in life.slots)
            return life.updated if sort == "updated" else comments, history.issue_id(number)

        return key


def _sorted_by(issue: Issue, sort: Sort) -> int:
    return {"created": issue.created, "updated": issue.updated, "comments": issue.comments}[sort]
