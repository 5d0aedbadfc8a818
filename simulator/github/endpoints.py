"""GitHub's endpoints: which path shows what."""

import re

from simulator.content.texts import AREAS
from simulator.web import Reply, json_reply

from .accounts import Accounts
from .labels import LABELS, area_label
from .lists import IssueQuery
from .model import Gone
from .paging import (  # fmt: skip
    BadCursor,
    cursor_link,
    feed_query,
    is_too_deep,
    issue_query,
    number_link,
    page_number,
    per_page,
)
from .parts import PARTS
from .profiles import repository_fields
from .state import GitHub, Shelf
from .visits import NotThere, Refused, Served, Visit, may_see

_SCOPED = re.compile(r"/(?:repos/([^/]+/[^/]+)|repositories/(\d+))(/.*)?")
_SINGLE = re.compile(rf"/issues/(comments/)?(\d{{1,18}})(?:/({'|'.join(PARTS)}|parent))?")
_TOO_DEEP = (
    "Pagination with the page parameter is not supported for large datasets, please use cursor"
    " based pagination (after/before)"
)
_LIST_DOCS = "/issues/issues#list-repository-issues"


class Routes:
    """Finds the endpoint of a path."""

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._accounts = Accounts(github)

    def shelf_of(self, path: str) -> Shelf | None:
        """The repository a path lies in, where it is known by that name or id."""
        match = _SCOPED.fullmatch(path)
        if not match:
            return None
        name, id_ = match[1], match[2]
        try:
            return self._github.shelf(name) if name else self._github.shelf_by_id(int(id_))
        except KeyError:
            return None

    def serve(self, visit: Visit) -> Served | Reply:
        match = _SCOPED.fullmatch(visit.path)
        if match:
            return self._scoped(visit, match[1] or "", match[3] or "")
        return self._accounts.serve(visit)

    # --- below a repository ----------------------------------------------------------------------

    def _scoped(self, visit: Visit, name: str, tail: str) -> Served | Reply:
        shelf = self.shelf_of(visit.path)
        if shelf is None and name.lower() in self._github.renamed:
            return self._moved(visit, f"/repositories/{self._github.renamed[name.lower()]}{tail}")
        if shelf is None or not may_see(shelf, visit.token):
            raise NotThere
        if not tail:
            return Served(repository_fields(shelf, self._github))
        if tail.startswith("/issues") and not shelf.repository.has_issues:
            raise Refused(410, "Issues has been disabled in this repository.", "/issues/issues")
        return self._below(visit, shelf, tail)

    def _below(self, visit: Visit, shelf: Shelf, tail: str) -> Served | Reply:
        fixed = {"/issues": self._issues, "/issues/comments": self._comments,
                 "/issues/events": self._events, "/labels": self._labels}.get(tail)  # fmt: skip
        if fixed:
            return fixed(visit, shelf)
        single = _SINGLE.fullmatch(tail)
        if not single or (single[1] and single[3]):
            raise NotThere
        if single[1]:
            return self._comment(shelf, int(single[2]))
        return self._issue(visit, shelf, int(single[2]), single[3] or "")

    def _moved(self, visit: Visit, path: str) -> Reply:
        target = f"{visit.request.root}/github{path}"
        if visit.request.query_string:
            target += f"?{visit.request.query_string}"
        docs = "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api"
        body = {"message": "Moved Permanently", "url": target, "documentation_url": docs}
        return json_reply(301, body, {"Location": target})

    # --- lists -----------------------------------------------------------------------------------

    def _issues(self, visit: Visit, shelf: Shelf) -> Served:
        parameters = visit.request.query
        try:
            query = issue_query(parameters)
        except BadCursor:
            raise Refused(422, "The cursor is not valid.", _LIST_DOCS) from None
        by_number = self._github.options.paging == "number"
        if not by_number and is_too_deep(query):
            raise Refused(422, _TOO_DEEP, _LIST_DOCS)
        if query.since == 0:
            return Served([], rows=0)  # the real one, too, finds nothing since 1970
        return self._listed(visit, shelf, query, by_number=by_number)

    def _listed(self, visit: Visit, shelf: Shelf, query: IssueQuery, *, by_number: bool) -> Served:
        page = shelf.lists.page(query)
        rows = [shelf.render.issue(n, with_assignee=not visit.newest_version) for n in page.numbers]
        url, parameters = _address(visit, shelf, "/issues"), visit.request.query
        if by_number:
            link = number_link(url, parameters, more=page.next_key is not None, total=page.total)
        else:
            link = cursor_link(url, parameters, page.next_key)
        return Served(rows, link, len(rows))

    def _comments(self, visit: Visit, shelf: Shelf) -> Served:
        page = shelf.feeds.comments(feed_query(visit.request.query))
        url = _address(visit, shelf, "/issues/comments")
        link = number_link(url, visit.request.query, more=page.more, total=None)
        return Served([shelf.render.comment(row) for row in page.rows], link, len(page.rows))

    def _events(self, visit: Visit, shelf: Shelf) -> Served:
        page = shelf.feeds.events(feed_query(visit.request.query))
        url = _address(visit, shelf, "/issues/events")
        link = number_link(url, visit.request.query, more=page.more, total=None)
        rows = [shelf.render.event(row, with_issue=True) for row in page.rows]
        return Served(rows, link, len(rows))

    def _labels(self, visit: Visit, shelf: Shelf) -> Served:
        names = [label.name for label in LABELS] + [area_label(area) for area in AREAS]
        return _sliced(visit, shelf, "/labels", [shelf.render.label(name) for name in names])

    # --- one issue -------------------------------------------------------------------------------

    def _comment(self, shelf: Shelf, comment_id: int) -> Served:
        comment = shelf.repository.comment(comment_id)
        if comment is None or not shelf.repository.has(comment.number):
            raise NotThere
        return Served(shelf.render.comment(comment))

    def _issue(self, visit: Visit, shelf: Shelf, number: int, part: str) -> Served | Reply:
        gone = shelf.repository.gone.get(number)
        if gone:
            return self._gone(visit, gone, part)
        if not shelf.repository.has(number):
            raise NotThere
        if part == "parent":
            return self._parent(visit, shelf, number)
        if not part:
            return Served(shelf.render.issue(number, with_assignee=not visit.newest_version))
        return _sliced(visit, shelf, f"/issues/{number}/{part}", PARTS[part](shelf, number))

    def _parent(self, visit: Visit, shelf: Shelf, number: int) -> Served:
        parent = shelf.repository.relations.parent(number)
        if parent is None:
            raise NotThere
        return Served(shelf.render.issue(parent, with_assignee=not visit.newest_version))

    def _gone(self, visit: Visit, gone: Gone, part: str) -> Reply:
        if gone.reason == "deleted":
            raise Refused(410, "This issue was deleted", "/issues/issues#get-an-issue")
        if gone.reason == "hidden":
            raise NotThere
        target = self._github.repository(gone.repository)
        return self._moved(visit, f"/repositories/{target.id}/issues/{gone.number}"
                                  + (f"/{part}" if part else ""))  # fmt: skip


def _address(visit: Visit, shelf: Shelf, tail: str) -> str:
    """Links name the repository by id, as GitHub's do."""
    return f"{visit.request.root}/github/repositories/{shelf.repository.id}{tail}"


def _sliced(visit: Visit, shelf: Shelf, tail: str, rows: list[object]) -> Served:
    parameters = visit.request.query
    size = per_page(parameters)
    start = (page_number(parameters) - 1) * size
    more = len(rows) > start + size
    link = number_link(_address(visit, shelf, tail), parameters, more=more, total=len(rows))
    return Served(rows[start : start + size], link, len(rows[start : start + size]))
