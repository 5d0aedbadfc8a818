"""What lies outside any one repository: who asks, what is left of the quota, and the search."""

from collections.abc import Callable

import msgspec

from simulator.web import Reply

from . import search
from .access import SEARCH
from .paging import number_link, page_number, per_page
from .profiles import meta, rate_limit, roots, viewer
from .state import GitHub, Shelf
from .visits import NotThere, Refused, Served, Visit, may_see

_SEARCH_DOCS = "/search/search#search-issues-and-pull-requests"


class Accounts:
    """Finds the endpoint of a path."""

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._paths: dict[str, Callable[[Visit], Served]] = {
            "": lambda _: Served(roots(github.api)),
            "/user": self._user,
            "/meta": lambda _: Served(meta(github)),
            "/rate_limit": self._rate_limit,
            "/search/issues": self._search,
        }
        self._found: tuple[object, list[tuple[Shelf, int]]] = (None, [])

    def serve(self, visit: Visit) -> Served | Reply:
        endpoint = self._paths.get(visit.path.rstrip("/"))
        if endpoint is None:
            raise NotThere
        return endpoint(visit)

    def _user(self, visit: Visit) -> Served:
        if visit.token is None:
            raise Refused(401, "Requires authentication", "/users/users#get-the-authenticated-user")
        return Served(viewer(visit.token, self._github))

    def _rate_limit(self, visit: Visit) -> Served:
        access, request = self._github.access, visit.request
        core = access.quota_of(request.token, request.address)
        searches = access.quota_of(request.token, request.address, SEARCH)
        if core is None or searches is None:
            raise Refused(404, "Rate limiting is not enabled.", "/rate-limit")
        return Served(rate_limit(core, searches, with_rate=not visit.newest_version))

    # --- search ----------------------------------------------------------------------------------

    def _search(self, visit: Visit) -> Served:
        parameters = visit.request.query
        number, size = page_number(parameters), per_page(parameters)
        if (number - 1) * size >= search.REACH:
            message = "Only the first 1000 search results are available"
            raise Refused(422, message, _SEARCH_DOCS)
        rows = self._matching(visit, parameters.get("q", "").strip())
        shown = rows[(number - 1) * size : min(number * size, search.REACH)]
        reachable = min(len(rows), search.REACH)
        url = f"{visit.request.root}/github/search/issues"
        link = number_link(url, parameters, more=number * size < reachable, total=reachable)
        items = [self._item(visit, *row) for row in shown]
        value = {"total_count": len(rows), "incomplete_results": False, "items": items}
        return Served(value, link, len(items))

    def _matching(self, visit: Visit, text: str) -> list[tuple[Shelf, int]]:
        """All of them, kept until something changes: the next page needs them again."""
        try:
            wanted = search.read(text)
        except search.BadQuery as error:
            raise Refused(422, f"Not understood here: {error}", _SEARCH_DOCS) from None
        shelves = self._shelves(visit, wanted)
        if not text or not shelves:
            raise Refused(422, "Validation Failed", _SEARCH_DOCS)
        key = (text, tuple((s.repository.id, s.repository.version) for s in shelves))
        if self._found[0] != key:
            rows = [(s, n) for s in shelves for n in search.found(wanted, s.repository)]
            self._found = (key, rows)
        return self._found[1]

    def _shelves(self, visit: Visit, wanted: search.Search) -> list[Shelf]:
        """Those named, or all; and of them only what the asker may see."""
        names = wanted.repositories or tuple(self._github.names())
        known = {name.lower(): self._github.shelf(name) for name in self._github.names()}
        shelves = [known[name.lower()] for name in names if name.lower() in known]
        return [shelf for shelf in shelves if may_see(shelf, visit.token)]

    @staticmethod
    def _item(visit: Visit, shelf: Shelf, number: int) -> dict[str, object]:
        raw = shelf.render.issue(number, with_assignee=not visit.newest_version)
        return msgspec.json.decode(raw, type=dict[str, object]) | {"score": 1.0}
