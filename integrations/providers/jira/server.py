"""Dialect of Jira Data Center and Server, REST version 2.

https://docs.atlassian.com/software/jira/docs/api/REST/latest/
"""

import re
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import structs

from integrations.providers.contract.base import (
    HttpResponse,
    ProviderAccessDenied,
    ProviderNotFound,
    ProviderResponseError,
)
from integrations.providers.jira import wiki
from integrations.providers.jira.client import Question
from integrations.providers.jira.dialects import Ask, Histories, Listing, row_id, stale
from integrations.providers.jira.jql import MAX_PAGES, Search, count_of
from integrations.providers.jira.payloads import IssuePayload, Other
from integrations.providers.jira.response_source import Replies
from integrations.providers.parsing.record_reader import split_object, split_page

Row = bytes | msgspec.Raw
Rows = Sequence[Row]

_EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
_CUSTOM = re.compile(r"customfield_\d+", re.ASCII)
_KEY = re.compile(rb'"([A-Z][A-Z0-9_]*-\d+)"')


class Spot(msgspec.Struct, frozen=True, array_like=True):
    """Start of the next page, with an anchor to detect shifts of the list."""

    number: int = 0
    start: int = 0
    anchor: str = ""
    """Last issue of the previous page; the next page begins with it."""
    back: int = 0
    """Rows to go back if the anchor is missing."""
    total: int = 0


class _FieldSchema(msgspec.Struct):
    custom: str = ""


class _Field(msgspec.Struct):
    id: str = ""
    schema: _FieldSchema | None = None


class _OwnFields(msgspec.Struct):
    fields: dict[str, msgspec.Raw] = {}


class DataCenter:
    expand = "changelog"

    def __init__(self) -> None:
        self._epic_fields: tuple[str, ...] | None = None

    def body(self, tree: object) -> str:
        return wiki.to_markdown(tree)

    def more_fields(self, ask: Ask) -> tuple[str, ...]:
        """Return the epic link's field id: `parent` covers only sub-tasks here."""
        if self._epic_fields is None:
            try:
                fields = ask(Question(path="/field"))
            except (ProviderAccessDenied, ProviderNotFound):
                self._epic_fields = ()
            else:
                self._epic_fields = tuple(_epic_links(fields.body))
        return self._epic_fields

    def complete(self, issue: IssuePayload, row: Row) -> None:
        """Set the epic as parent; it is the only custom field requested."""
        if issue.fields.parent is None and (epic := _epic(row)):
            issue.fields.parent = Other(key=epic)

    def listings(self, ask: Ask, search: Search, token: str) -> Iterator[Listing]:
        """Yield pages by offset over a list that changes during reading.

        Ordered by creation and filtered by "updated since", an edited issue only enters the list:
        rows that it shifts back are read twice, which is harmless, and the next pass reads the
        issue itself. An issue that leaves (deleted, moved) shifts others before the offset: so each
        page begins with the last issue of the previous one, and if that is missing, the page is
        read again from further back. The census finds anything still missed.
        """
        spot = _read_spot(token)
        is_idle = search.may_be_idle and not token
        if not is_idle:
            search = self._with_epics(ask, search)
        while True:
            start, here = spot.start, _write_spot(spot)
            reply, rows, total = _read(ask, search, start)
            if is_idle and rows:  # an idle search needs only this one request
                is_idle, search = False, self._with_epics(ask, search)
                continue
            if spot.anchor and spot.anchor not in map(row_id, rows):
                start = max(0, start - max(spot.back, spot.total - total))
                reply, rows, total = _read(ask, search, start)
            end = start + len(rows)
            if end >= total:
                yield Listing(reply=reply, rows=rows, token=here, next_token=None, total=total)
                return
            _refuse_standstill(rows, spot)
            spot = Spot(spot.number + 1, end - 1, row_id(rows[-1]), len(rows) - 1, total)
            following = _write_spot(spot)
            yield Listing(reply=reply, rows=rows, token=here, next_token=following, total=total)

    def _with_epics(self, ask: Ask, search: Search) -> Search:
        if not search.with_history:
            return search
        return structs.replace(search, fields=(*search.fields, *self.more_fields(ask)))

    def histories(self, issues: Sequence[IssuePayload], replies: Replies) -> Histories:
        """Return the changelogs that are included in the rows."""
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
    expand = {"expand": ["changelog"]} if search.with_history else {}
    reply = ask(Question(path="/search", body=body | expand))
    rows, around = split_object(reply.body, "issues")
    # The server may limit the page size: only the number of rows received counts.
    return reply, rows, count_of(around, "total")


def _epic_links(body: bytes) -> Iterator[str]:
    for row in split_page(body):
        try:
            field = msgspec.json.decode(row, type=_Field)
        except (ValueError, RecursionError):
            continue
        if field.schema and field.schema.custom == _EPIC_LINK and _CUSTOM.fullmatch(field.id):
            yield field.id


def _epic(row: Row) -> str:
    try:
        fields = msgspec.json.decode(row, type=_OwnFields).fields
    except (ValueError, RecursionError):
        return ""
    values = (bytes(raw) for name, raw in fields.items() if _CUSTOM.fullmatch(name))
    return next((found[1].decode() for raw in values if (found := _KEY.fullmatch(raw))), "")


def _refuse_standstill(rows: Rows, spot: Spot) -> None:
    if len(rows) < 2:
        raise ProviderResponseError("Jira sent an empty page although more pages follow.")
    if spot.number >= MAX_PAGES:
        raise ProviderResponseError("Jira sends the same pages repeatedly.")


def _is_cut(issue: IssuePayload) -> bool:
    log = issue.changelog
    return log is None or (log.total or 0) > len(log.histories)


def _write_spot(spot: Spot) -> str:
    return msgspec.json.encode(spot).decode()


def _read_spot(token: str) -> Spot:
    try:
        return msgspec.json.decode(token, type=Spot) if token else Spot()
    except ValueError:
        raise stale(token) from None
