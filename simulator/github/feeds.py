"""The repository-wide feeds of comments and events, in order of time from either end."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from heapq import merge
from itertools import chain, islice
from operator import itemgetter
from typing import Generic, TypeVar

import msgspec

from simulator.content.lifecycles import COMMENT_SLOTS

from .model import Comment, Event
from .repository import Repository

Row = TypeVar("Row", Comment, Event)


class FeedQuery(msgspec.Struct, frozen=True):
    sort: str = "created"
    descending: bool = False
    since: int | None = None
    per_page: int = 30
    page: int = 1


class FeedPage(msgspec.Struct, Generic[Row], frozen=True):
    rows: tuple[Row, ...]
    more: bool


class _Walks(Generic[Row]):
    """Walks that stopped at a page's end are kept: the next page goes on from there."""

    def __init__(self, repository: Repository, start: Callable[[FeedQuery], Iterator[Row]]) -> None:
        self._repository = repository
        self._start: Callable[[FeedQuery], Iterator[Row]] = start
        self._kept: OrderedDict[tuple[int, FeedQuery], Iterator[Row]] = OrderedDict()

    def page(self, query: FeedQuery) -> FeedPage[Row]:
        version = self._repository.version
        walk = self._kept.pop((version, query), None)
        if walk is None:
            walk = islice(self._start(query), (query.page - 1) * query.per_page, None)
        rows = tuple(islice(walk, query.per_page))
        following = next(walk, None)
        if following is not None:
            after = msgspec.structs.replace(query, page=query.page + 1)
            self._kept[(version, after)] = chain([following], walk)
            if len(self._kept) > 8:
                self._kept.popitem(last=False)
        return FeedPage(rows, following is not None)


class Feeds:
    """The feeds of one repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._comment_walks = _Walks(repository, self._comments)
        self._event_walks = _Walks(repository, self._events)

    def comments(self, query: FeedQuery) -> FeedPage[Comment]:
        return self._comment_walks.page(query)

    def events(self, query: FeedQuery) -> FeedPage[Event]:
        """The newest first: GitHub offers no other order here, and no `since`."""
        plain = FeedQuery(descending=True, per_page=query.per_page, page=query.page)
        return self._event_walks.page(plain)

    # --- comments --------------------------------------------------------------------------------

    def _comments(self, query: FeedQuery) -> Iterator[Comment]:
        present = self._present(query)
        past = ((_key(c, query.sort), c) for c in self._past_comments(query))
        both = merge(past, present, key=itemgetter(0), reverse=query.descending)
        return (comment for _, comment in both)

    def _present(self, query: FeedQuery) -> list[tuple[tuple[int, int], Comment]]:
        """Written or edited since the history's end."""
        repository = self._repository
        rows = [
            (_key(comment, query.sort), comment)
            for comment in repository.comments.values()
            if comment.id not in repository.deleted_comments and repository.has(comment.number)
            if query.since is None or comment.updated >= query.since
        ]
        return sorted(rows, key=itemgetter(0), reverse=query.descending)

    def _past_comments(self, query: FeedQuery) -> Iterator[Comment]:
        repository, history = self._repository, self._repository.history
        for slot, number, tick in self._happenings(query, comments=True):
            id_ = history.activity_id(tick, slot)
            if id_ in repository.comments or id_ in repository.deleted_comments:
                continue
            comment = history.comment(history.life(number), slot, tick)
            if query.since is None or comment.updated >= query.since:
                yield comment

    # --- events ----------------------------------------------------------------------------------

    def _events(self, query: FeedQuery) -> Iterator[Event]:
        repository, history = self._repository, self._repository.history
        yield from (e for e in reversed(repository.events) if repository.has(e.number))
        for slot, number, tick in self._happenings(query, comments=False):
            yield history.event(history.life(number), slot, tick)

    # --- what happened in the history ------------------------------------------------------------

    def _happenings(self, query: FeedQuery, *, comments: bool) -> Iterator[tuple[int, int, int]]:
        """(slot, number, tick) in order of time."""
        history = self._repository.history
        if query.since is not None and query.since > history.until:
            return
        first = history.rhythm.last_tick_at(query.since) if query.since is not None else 1
        ticks = range(max(first, 1), history.count + 1)
        for tick in reversed(ticks) if query.descending else ticks:
            owners = history.timeline.owners(tick)
            for slot, number in reversed(owners) if query.descending else owners:
                if (slot in COMMENT_SLOTS) is comments and self._happened(slot, number):
                    yield slot, number, tick

    def _happened(self, slot: int, number: int) -> bool:
        return self._repository.has(number) and slot in self._repository.history.script(number)


def _key(comment: Comment, sort: str) -> tuple[int, int]:
    return (comment.updated if sort == "updated" else 0), comment.id
