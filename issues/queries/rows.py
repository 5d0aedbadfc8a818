"""Issue and history rows for the API, ready for the JSON encoder.

A page of issues is one SELECT. The queryset selects the rows; the constant text below selects the
columns, in two dialects with identical results. Compiling these columns per request would cost as
much as the query itself.
"""

from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any

import msgspec
import psycopg
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from rest_framework.request import Request

from diip.common.database.limits import within
from issues.models import Comment, Issue, IssueQuerySet, Transition
from issues.queries.output import HistoryEntryOut, IssueOut, Kind, PersonOut
from issues.queries.pagination import Cursor, Moment, Page, Pager, RowId, beyond

HistoryPlace = tuple[Moment, Kind, RowId]
HistoryRow = tuple[HistoryPlace, HistoryEntryOut]

_SELECT = """
SELECT i.id, i.project_id, i.provider, i.source_issue_id, i.key, i.url, i.title, i.body, i.status,
    i.source_status, i.outcome, i.type, i.priority,
    a.id, a.login, a.display_name, COALESCE(a.bot_override, a.is_bot), a.is_deleted,
    (SELECT {array_of}({array}(p.id, p.login, p.display_name,
            COALESCE(p.bot_override, p.is_bot), p.is_deleted)){as_text}
        FROM issues_issueassignee x JOIN issues_person p ON p.id = x.person_id
        WHERE x.issue_id = i.id),
    (SELECT {array_of}({array}(l.kind, l.name)){as_text}
        FROM issues_issuelabel x JOIN issues_label l ON l.id = x.label_id
        WHERE x.issue_id = i.id),
    i.comment_count, i.reopen_count,
    {opened_at}, {closed_at}, {source_updated_at}, {first_response_at},
    {removed_at}, i.removed_reason, i.moved_to
FROM ({{page}}) page
JOIN issues_issue i ON i.id = page.id
LEFT JOIN issues_person a ON a.id = i.author_id
"""
_MOMENTS = ("opened_at", "closed_at", "source_updated_at", "first_response_at", "removed_at")
_SELECTS = {
    "postgresql": _SELECT.format(
        array_of="json_agg",
        array="json_build_array",
        as_text="::text",
        **{column: f"i.{column}" for column in _MOMENTS},
    ),
    "sqlite": _SELECT.format(
        array_of="json_group_array",
        array="json_array",
        as_text="",
        **{column: f"replace(i.{column}, ' ', 'T') || 'Z'" for column in _MOMENTS},
    ),
}
STEP, STRIDE = 500, 5_000
"""Rows, and ids, in memory during an export."""
_AUTHOR, _ASSIGNEES, _LABELS = 13, 18, 19
_make_issue: Callable[..., IssueOut] = IssueOut

# Non-strict: SQLite's booleans are 0 and 1.
_read_people = msgspec.json.Decoder(list[tuple[int, str, str, bool, bool]], strict=False).decode
_read_labels = msgspec.json.Decoder(list[tuple[str, str]]).decode


def read_issues(issues: IssueQuerySet) -> list[IssueOut]:
    """Return the rows of `issues`, ordered by columns of the issue."""
    try:
        page, parameters = issues.values("id").query.sql_with_params()
    except EmptyResultSet:
        return []
    statement = _SELECTS[connection.vendor].format(page=page)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Django's own datetime loader is Python; psycopg's is three times as fast.
            cursor.adapters.register_loader("timestamptz", _fast_timestamps())
        cursor.execute(statement + _order(issues), parameters)
        return [_issue(row) for row in cursor.fetchall()]


def page_of_issues(
    issues: IssueQuerySet, ordering: str, request: Request, values: Mapping[str, list[Any]]
) -> Page[IssueOut]:
    """Return a page ordered by a datetime column (`-opened_at`); `values` are those of PAGING."""
    pager: Pager[Any] = Pager.of(request, values, tuple[Moment, RowId])
    column, ascending = ordering.removeprefix("-"), ordering.startswith("-") == pager.backward
    if pager.cursor:
        issues = issues.filter(beyond([column, "id"], pager.cursor.place, ascending=ascending))
    order = (column, "id") if ascending else (f"-{column}", "-id")
    rows = read_issues(issues.order_by(*order)[: pager.limit])
    return pager.page(rows, lambda row: (getattr(row, column), row.id))


def every_issue(issues: IssueQuerySet) -> Iterator[IssueOut]:
    """Yield all issues by id in small batches, each exactly once.

    No database cursor (poolers drop them) and no transaction stays open. `issues` is queried for
    ids in large steps: its filter may cost the same for batch ids as for many.
    """
    last = 0
    while ids := _next_ids(issues, last):
        for start in range(0, len(ids), STEP):
            batch = Issue.objects.filter(pk__in=ids[start : start + STEP])
            yield from read_issues(batch.order_by("id"))
        last = ids[-1]


def _next_ids(issues: IssueQuerySet, last: int) -> list[int]:
    with within(settings.DIIP_SEARCH_SECONDS):
        after = issues.filter(pk__gt=last).order_by("id")
        return list(after.values_list("id", flat=True)[:STRIDE])


def _fast_timestamps() -> Any:
    return psycopg.adapters.get_loader(
        psycopg.adapters.types["timestamptz"].oid, psycopg.pq.Format.TEXT
    )


def _order(issues: IssueQuerySet) -> str:
    columns = [str(column) for column in issues.query.order_by]
    terms = [f"i.{c.removeprefix('-')} {'DESC' if c.startswith('-') else 'ASC'}" for c in columns]
    return f"ORDER BY {', '.join(terms)}" if terms else ""


def _issue(row: tuple[Any, ...]) -> IssueOut:
    author = _person(row[_AUTHOR:_ASSIGNEES])
    people = _read_people(row[_ASSIGNEES]) if row[_ASSIGNEES] else []
    assignees = [PersonOut(*person) for person in sorted(people, key=lambda p: (p[1], p[0]))]
    named = sorted(_read_labels(row[_LABELS])) if row[_LABELS] else []
    labels = [name for kind, name in named if kind == "label"]
    components = [name for kind, name in named if kind == "component"]
    return _make_issue(*row[:_AUTHOR], author, assignees, labels, components, *row[_LABELS + 1 :])


def _person(columns: tuple[Any, ...]) -> PersonOut | None:
    if not columns[0]:
        return None
    row_id, login, display_name, is_bot, is_deleted = columns
    # SQLite's COALESCE returns 0 and 1.
    return PersonOut(row_id, login, display_name, bool(is_bot), bool(is_deleted))


# --- history -------------------------------------------------------------------------------------

_COMMENT = ("body", "url", "commented_at", "id")
_TRANSITION = ("field", "from_value", "to_value", "occurred_at", "id")


def _actor(role: str) -> tuple[str | Coalesce, ...]:
    """List the PersonOut columns for the relation `role`."""
    counts_as_bot = Coalesce(f"{role}__bot_override", f"{role}__is_bot")
    names = (f"{role}__id", f"{role}__login", f"{role}__display_name")
    return (*names, counts_as_bot, f"{role}__is_deleted")


def read_history(
    issue_id: int, cursor: Cursor[HistoryPlace] | None, limit: int
) -> list[HistoryRow]:
    """Return history entries after the cursor; oldest first without a cursor."""
    backward = cursor is not None and cursor.backward
    rows = [*_comments(issue_id, cursor, limit), *_transitions(issue_id, cursor, limit)]
    rows.sort(key=itemgetter(0), reverse=backward)
    return rows[:limit]


def _comments(
    issue_id: int, cursor: Cursor[HistoryPlace] | None, limit: int
) -> Iterator[HistoryRow]:
    comments = Comment.objects.filter(issue=issue_id, removed_at=None)
    part = _part(comments, "comment", "commented_at", cursor)
    for row in part.values_list(*_COMMENT, *_actor("author"))[:limit]:
        body, url, at, row_id, *actor = row
        yield (
            (at, "comment", row_id),
            HistoryEntryOut(kind="comment", at=at, actor=_person(tuple(actor)), body=body, url=url),
        )


def _transitions(
    issue_id: int, cursor: Cursor[HistoryPlace] | None, limit: int
) -> Iterator[HistoryRow]:
    transitions = _part(
        Transition.objects.filter(issue=issue_id), "transition", "occurred_at", cursor
    )
    for row in transitions.values_list(*_TRANSITION, *_actor("actor"))[:limit]:
        field, old, new, at, row_id, *actor = row
        yield (
            (at, "transition", row_id),
            HistoryEntryOut(
                kind="transition",
                at=at,
                actor=_person(tuple(actor)),
                field=field,
                from_value=old,
                to=new,
            ),
        )


def _part(
    rows: QuerySet[Any], kind: Kind, at: str, cursor: Cursor[HistoryPlace] | None
) -> QuerySet[Any]:
    """Return rows of one kind beyond the cursor, in its direction."""
    if cursor is None:
        return rows.order_by(at, "id")
    later = beyond([at, Value(kind), "id"], cursor.place, ascending=not cursor.backward)
    order = (f"-{at}", "-id") if cursor.backward else (at, "id")
    return rows.filter(later).order_by(*order)
