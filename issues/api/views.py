"""Read-only views for issues, their history and their links."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import msgspec
from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from diip.common.database.limits import TookTooLong, within
from diip.common.errors import InvalidInput, NotFound, TooExpensive
from issues.api.serializers import (
    HistoryPageSerializer,
    IssueDetailSerializer,
    IssuePageSerializer,
    LinkPageSerializer,
    describe,
)
from issues.models import Issue, IssueQuerySet
from issues.queries import search
from issues.queries.filters import (
    FILTERS,
    Parameter,
    boolean,
    narrow_issues,
    one_of,
    read_parameters,
    text,
)
from issues.queries.links import LinkPlace, read_former_keys, read_links
from issues.queries.output import IssueDetailOut, IssueOut
from issues.queries.pagination import PAGING, Page, Pager, RowId
from issues.queries.rows import HistoryPlace, page_of_issues, read_history, read_issues
from projects.models import Project
from projects.scoping import ProjectScopedMixin

MAX_ID = 2**63 - 1
RELEVANCE = "relevance"
ORDERINGS = ("-opened_at", "opened_at", "-source_updated_at", "source_updated_at", RELEVANCE)
SEARCH = Parameter(
    "q",
    text,
    'Full text of title and body: words (all of them), "phrases" (4 at most), -excluded words, OR. '
    "A search that takes longer than 5 s is stopped (503, `took_too_long`). A word of "
    "three or more characters also finds longer words: `crash` finds `crashes`. A key (`#45`, "
    "`ABC-12`) finds its issue.",
    {"type": "string", "minLength": 1, "maxLength": 500, "example": 'crash "on startup" -windows'},
)
ORDERING = Parameter(
    "ordering",
    one_of(*ORDERINGS),
    "`relevance` needs `q` and ranks the newest 300 matches. With `source_updated_at`, rows that "
    "change during paging can move: use `opened_at` to see each row once.",
    {"type": "string", "enum": list(ORDERINGS), "default": ORDERINGS[0]},
)
COUNT = Parameter(
    "count",
    boolean,
    "Adds the exact number of matches. All are counted: milliseconds for 10,000 issues, "
    "a tenth of a second for a million.",
    {"type": "boolean", "default": False},
)
LIST_PARAMETERS = (*FILTERS, SEARCH, ORDERING, COUNT, *PAGING)
Values = Mapping[str, list[Any]]


def matching_issues(project: Project, values: Values) -> IssueQuerySet:
    issues = narrow_issues(Issue.objects.of_project(project), project, values)
    return search.matching(issues, project, values["q"][0]) if "q" in values else issues


class IssueListView(ProjectScopedMixin):
    """List the project's issues, newest first."""

    @extend_schema(
        operation_id="issues_list",
        parameters=describe(LIST_PARAMETERS),
        responses=IssuePageSerializer,
    )
    def get(self, request: Request, project_id: int) -> Response:
        values = read_parameters(request.query_params, LIST_PARAMETERS)
        with _search_time_limit() if "q" in values else nullcontext():
            return Response(self._answer(values))

    def _answer(self, values: Values) -> Page[IssueOut]:
        issues = matching_issues(self.project, values)
        page = self._page(issues, values)
        if values.get("count", [False])[0]:
            page.count = issues.count()
        return page

    def _page(self, issues: IssueQuerySet, values: Values) -> Page[IssueOut]:
        ordering = values.get("ordering", ORDERINGS)[0]
        if ordering != RELEVANCE:
            return page_of_issues(issues, ordering, self.request, values)
        if "q" not in values:
            raise InvalidInput("ordering: relevance needs q, the words to search for", field="q")
        return _page_by_relevance(issues, self.request, values)


@contextmanager
def _search_time_limit() -> Iterator[None]:
    """Limit the total time of all statements of one search; raises TooExpensive."""
    try:
        with within(settings.DIIP_SEARCH_SECONDS):
            yield
    except TookTooLong as error:
        raise TooExpensive(
            f"q: The search was stopped after {settings.DIIP_SEARCH_SECONDS:g} s. Narrow "
            "it: use rarer words or fewer phrases, leave out `count`, or add filters."
        ) from error


def _page_by_relevance(found: IssueQuerySet, request: Request, values: Values) -> Page[IssueOut]:
    pager: Pager[Any] = Pager.of(request, values, RowId)
    places = list(enumerate(search.by_relevance(found, values["q"][0])))
    if pager.cursor and pager.backward:
        places = places[: pager.cursor.place][::-1]
    elif pager.cursor:
        places = places[pager.cursor.place + 1 :]
    page = pager.page(places[: pager.limit], lambda row: row[0])
    shown = [row_id for _, row_id in page.results]
    rows = {row.id: row for row in read_issues(Issue.objects.filter(pk__in=shown))}
    results = [rows[row_id] for row_id in shown if row_id in rows]
    return Page(next=page.next, previous=page.previous, results=results)


class IssueDetailView(ProjectScopedMixin):
    """Show one issue, also if it was removed upstream."""

    @extend_schema(operation_id="issues_retrieve", responses=IssueDetailSerializer)
    def get(self, request: Request, project_id: int, issue_id: int) -> Response:
        read_parameters(request.query_params, ())
        found = read_issues(_issue_of(self, issue_id))
        if not found:
            raise _issue_not_found()
        columns = msgspec.structs.asdict(found[0])
        return Response(IssueDetailOut(**columns, former_keys=read_former_keys(issue_id)))


class IssueHistoryView(ProjectScopedMixin):
    """List an issue's comments and transitions, oldest first."""

    @extend_schema(
        operation_id="issues_history",
        parameters=describe(PAGING),
        responses=HistoryPageSerializer,
    )
    def get(self, request: Request, project_id: int, issue_id: int) -> Response:
        values = read_parameters(request.query_params, PAGING)
        pager: Pager[Any] = Pager.of(request, values, HistoryPlace)
        if not _issue_of(self, issue_id).exists():
            raise _issue_not_found()
        rows = read_history(issue_id, pager.cursor, pager.limit)
        page = pager.page(rows, lambda row: row[0])
        entries = [entry for _, entry in page.results]
        return Response(Page(next=page.next, previous=page.previous, results=entries))


class IssueLinksView(ProjectScopedMixin):
    """List an issue's links to others, from the tracker and from texts."""

    @extend_schema(
        operation_id="issues_links",
        parameters=describe(PAGING),
        responses=LinkPageSerializer,
    )
    def get(self, request: Request, project_id: int, issue_id: int) -> Response:
        values = read_parameters(request.query_params, PAGING)
        pager: Pager[Any] = Pager.of(request, values, LinkPlace)
        issue = _issue_of(self, issue_id).first()
        if issue is None:
            raise _issue_not_found()
        page = pager.page(read_links(issue, pager.cursor, pager.limit), lambda row: row[0])
        links = [link for _, link in page.results]
        return Response(Page(next=page.next, previous=page.previous, results=links))


def _issue_of(view: ProjectScopedMixin, issue_id: int) -> IssueQuerySet:
    if issue_id > MAX_ID:
        raise _issue_not_found()
    return Issue.objects.of_project(view.project).filter(pk=issue_id)


def _issue_not_found() -> NotFound:
    return NotFound("This issue does not exist in this project.")
