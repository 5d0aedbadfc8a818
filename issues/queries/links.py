"""Query for an issue's links: each link once, seen from this issue."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from django.db.models import Q

from issues.models import FormerKey, Issue, IssueLink
from issues.queries.pagination import Cursor, RowId, beyond

WORDS = {
    ("blocks", False): "blocks",
    ("blocks", True): "is blocked by",
    ("duplicates", False): "duplicates",
    ("duplicates", True): "is duplicated by",
    ("relates", False): "relates to",
    ("relates", True): "relates to",
    ("parent", False): "is child of",
    ("parent", True): "is parent of",
}
"""Relation by kind and direction (True: inward)."""
STRIDE = 300
"""Rows per read: more than a page, as rows can share a link."""
_TWO_WAYS = frozenset({IssueLink.Kind.RELATES.value})
_STRONGER = ("blocks", "duplicates", "parent")
_END = ("id", "provider", "key", "url", "title", "status", "project_id", "integration__removed_at")
_COLUMNS = (
    "kind",
    "pk",
    "inward",
    "source",
    "target_key",
    "target_url",
    *(f"issue__{column}" for column in _END),
    *(f"target__{column}" for column in _END),
)
_ISSUE, _TARGET = 6, 6 + len(_END)

LinkPlace = tuple[Literal["blocks", "duplicates", "parent", "relates"], RowId]


class LinkEnd(msgspec.Struct, frozen=True):
    id: int | None
    provider: str | None
    key: str
    url: str
    title: str | None
    status: str | None


class Link(msgspec.Struct, frozen=True):
    kind: str
    relation: str
    sources: list[str]
    issue: LinkEnd


LinkRow = tuple[LinkPlace, Link]


@dataclass(frozen=True, slots=True)
class _LinkReport:
    """Link row, seen from this issue."""

    place: LinkPlace
    kind: str
    is_inward: bool
    source: str
    end: LinkEnd

    @property
    def end_key(self) -> int | str:
        return self.end.id or self.end.url or self.end.key

    @property
    def link(self) -> tuple[str, bool, int | str]:
        return self.kind, self.is_inward, self.end_key


def read_links(issue: Issue, cursor: Cursor[LinkPlace] | None, limit: int) -> list[LinkRow]:
    """Return links from and to this issue, after the cursor in its direction.

    Sorted by kind, strong kinds first; each link stands at its first report.
    """
    place, backward = (cursor.place, cursor.backward) if cursor else (None, False)
    links = IssueLink.objects.filter(Q(issue=issue) | Q(target=issue))
    links = links.order_by(*(("-kind", "-id") if backward else ("kind", "id")))
    shown: list[LinkRow] = []
    while True:
        after = beyond(["kind", "id"], place, ascending=not backward) if place else Q()
        part = links.filter(after)
        rows = list(part.values_list(*_COLUMNS)[:STRIDE])
        shown += _first_reports(issue, list(_reports(issue, rows)))
        if len(shown) >= limit or len(rows) < STRIDE:
            return shown[:limit]
        place = rows[-1][:2]


def read_former_keys(issue_id: int) -> list[str]:
    keys = FormerKey.objects.filter(issue=issue_id).values_list("key", flat=True)
    return sorted(keys)


def _first_reports(issue: Issue, reports: list[_LinkReport]) -> Iterator[LinkRow]:
    """Yield links at their first report.

    A text mention is omitted if a stronger link to the same issue exists.
    """
    places: dict[object, list[LinkPlace]] = {}
    sources: dict[object, set[str]] = {}
    for report in _reports(issue, _about_the_same(issue, reports)):
        places.setdefault(report.link, []).append(report.place)
        sources.setdefault(report.link, set()).add(report.source)
    for report in reports:
        is_first = report.place == min(places.get(report.link, [report.place]))
        told_by = sorted(sources.get(report.link, {report.source}))
        if is_first and not (told_by == ["text"] and _is_stronger(report, sources)):
            yield (
                report.place,
                Link(report.kind, WORDS[report.kind, report.is_inward], told_by, report.end),
            )


def _is_stronger(mention: _LinkReport, links: Iterable[object]) -> bool:
    return any(
        (kind, is_inward, mention.end_key) in links
        for kind in _STRONGER
        for is_inward in (False, True)
    )


def _about_the_same(issue: Issue, reports: Iterable[_LinkReport]) -> Iterator[tuple[Any, ...]]:
    """Return all rows with the same other ends, from both directions."""
    ends = [report.end for report in reports]
    ids = {end.id for end in ends if end.id}
    elsewhere = Q(target_url__in={end.url for end in ends if not end.id and end.url})
    nowhere = Q(target_url="", target_key__in={e.key for e in ends if not e.id and not e.url})
    mine = IssueLink.objects.filter(issue=issue).filter(Q(target__in=ids) | elsewhere | nowhere)
    theirs = IssueLink.objects.filter(target=issue, issue__in=ids).exclude(issue=issue)
    for part in (mine, theirs):
        yield from part.values_list(*_COLUMNS)


def _reports(issue: Issue, rows: Iterable[tuple[Any, ...]]) -> Iterator[_LinkReport]:
    for row in rows:
        kind, pk, inward, source, key, url = row[:_ISSUE]
        is_mine = row[_ISSUE] == issue.pk
        end = _end_here(issue, row[_TARGET:] if is_mine else row[_ISSUE:_TARGET])
        if end is None and is_mine:
            end = LinkEnd(None, None, key, url, None, None)
        if end is not None:
            is_inward = inward is is_mine and kind not in _TWO_WAYS
            yield _LinkReport((kind, pk), kind, is_inward, source, end)


def _end_here(issue: Issue, columns: tuple[Any, ...]) -> LinkEnd | None:
    """Return the link end; None if in another project or removed."""
    *shown, project_id, removed_at = columns
    return LinkEnd(*shown) if project_id == issue.project_id and removed_at is None else None
