"""Jira Data Center and Server, REST version 2.

https://docs.atlassian.com/software/jira/docs/api/REST/latest/
"""

from collections.abc import Iterator, Sequence

import msgspec

from integrations.providers.base import HttpResponse, ProviderResponseError
from integrations.providers.jira import wiki
from integrations.providers.jira.client import Question
from integrations.providers.jira.listings import Ask, Histories, Listing, stale
from integrations.providers.jira.payloads import Id, IssuePayload
from integrations.providers.jira.questions import MAX_PAGES, Search, count_of
from integrations.providers.jira.replies import Replies
from integrations.providers.reading import split_object

Rows = Sequence[bytes | msgspec.Raw]


class Spot(msgspec.Struct, frozen=True, array_like=True):
    """Where the next page starts, and how to tell that the list did not shift meanwhile."""

    number: int = 0
    start: int = 0
    anchor: str = ""
    """The last issue of the page before; the next one begins with it."""
    back: int = 0
    """How far to go back where it is not there."""
    total: int = 0


class _Identity(msgspec.Struct):
    id: Id = ""


class DataCenter:
    census_size = 1_000
    expand = "changelog"

    def body(self, tree: object) -> str:
        return wiki.to_markdown(tree)

    def listings(self, ask: Ask, search: Search, token: str) -> Iterator[Listing]:
        """By offset, over a list that moves while one reads.

        In the order of creation and "updated since", an issue that is edited comes in, never out:
        what it pushes back is read twice, which does no harm, and itself it belongs to the next
        pass. One that leaves (deleted, moved) pulls others forward, past the offset: so each page
        begins with the last issue of the one before, and where that is missing the page is read
        again from further back. Whatever slips through even then is found by the census.
        """
        spot = _read_spot(token)
        while True:
            reply, rows, total = _read(ask, search, spot.start)
            start = spot.start
            if spot.anchor and spot.anchor not in map(_id, rows):
                start = max(0, spot.start - max(spot.back, spot.total - total))
                reply, rows, total = _read(ask, search, start)
            end = start + len(rows)
            if end >= total:
                yield Listing(reply=reply, rows=rows, next_token=None, total=total)
                return
            _refuse_standstill(rows, spot)
            spot = Spot(spot.number + 1, end - 1, _id(rows[-1]), len(rows) - 1, total)
            yield Listing(reply=reply, rows=rows, next_token=_write_spot(spot), total=total)

    def histories(self, issues: Sequence[IssuePayload], replies: Replies) -> Histories:
        """They came with the rows, whole."""
        found = {str(each.id): each.changelog.histories for each in issues if each.changelog}
        cut = [each.key for each in issues if _is_cut(each)]
        return Histories(found, tuple(cut))

    def count(self, jql: str) -> tuple[Question, str]:
        return Question(path="/search", body={"jql": jql, "startAt": 0, "maxResults": 0}), "total"


def _read(ask: Ask, search: Search, start: int) -> tuple[HttpResponse, Rows, int]:
    body: dict[str, object] = {
        "jql": search.jql,
        "startAt": start,
        "maxResults": search.size,
        "fields": list(search.fields),
    }
    expand = {"expand": ["changelog"]} if search.with_changelog else {}
    reply = ask(Question(path="/search", body=body | expand))
    rows, around = split_object(reply.body, "issues")
    # How many it gives a page is the server's choice: what counts is how many came.
    return reply, rows, count_of(around, "total")


def _refuse_standstill(rows: Rows, spot: Spot) -> None:
    if len(rows) < 2:
        raise ProviderResponseError("Jira sent an empty page and says that more follow.")
    if spot.number >= MAX_PAGES:
        raise ProviderResponseError("Jira sends the same pages round and round.")


def _is_cut(issue: IssuePayload) -> bool:
    log = issue.changelog
    return log is None or (log.total or 0) > len(log.histories)


def _id(row: bytes | msgspec.Raw) -> str:
    try:
        return str(msgspec.json.decode(row, type=_Identity).id)
    except (ValueError, RecursionError):
        return ""


def _write_spot(spot: Spot) -> str:
    return msgspec.json.encode(spot).decode()


def _read_spot(token: str) -> Spot:
    try:
        return msgspec.json.decode(token, type=Spot) if token else Spot()
    except ValueError:
        raise stale(token) from None
