"""The API's methods: which path shows what. https://api.stackexchange.com/docs"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import msgspec

from . import filters, queries
from .errors import Refused
from .filters import Filter
from .render import Json, Renderer
from .site import Site, posts_of
from .state import StackExchange

Rows = list[Json]


class Visit(msgspec.Struct, frozen=True):
    """A request that has passed the door."""

    query: Mapping[str, str]
    filter: Filter
    ids: str = ""
    """The part of the path in braces."""


class Served(msgspec.Struct, frozen=True):
    """One page, and what the wrapper says of it."""

    rows: Rows
    more: bool = False
    total: int = 0
    kind: str = ""
    page: int = 1
    size: int = 30


class Method(msgspec.Struct, frozen=True):
    name: str
    """As the documentation writes it: `/questions/{ids}/answers`. `backoff` holds for it."""
    pattern: re.Pattern[str]
    serve: Callable[["Methods", Visit], Served]


class Methods:
    """Answers what a method asks."""

    def __init__(self, state: StackExchange) -> None:
        self._state = state

    def site(self, visit: Visit) -> Site:
        name = visit.query.get("site", "")
        if not name:
            raise Refused.parameter("site is required")
        try:
            return self._state.site(name)
        except KeyError:
            raise Refused.parameter(f"No site found for name `{name}`") from None

    # --- questions -------------------------------------------------------------------------------

    def questions(self, visit: Visit) -> Served:
        site = self.site(visit)
        tags = [tag for tag in visit.query.get("tagged", "").split(";") if tag]
        return self._questions(visit, site, site.tagged(tags))

    def questions_by_id(self, visit: Visit) -> Served:
        """Those that are not there (any more) are just absent."""
        site = self.site(visit)
        found = (site.questions.get(id_) for id_ in queries.ids_of(visit.ids))
        return self._questions(visit, site, (q for q in found if q is not None))

    def _questions(self, visit: Visit, site: Site, found: Iterable[object]) -> Served:
        render = Renderer(site, visit.filter)
        page = queries.page(found, visit.query, queries.QUESTION_SORTS)
        return _served([render.question(question) for question in page.rows], page, "question")

    def answers_of_questions(self, visit: Visit) -> Served:
        site = self.site(visit)
        render = Renderer(site, visit.filter)
        asked = [site.questions[i] for i in queries.ids_of(visit.ids) if i in site.questions]
        found = [answer for question in asked for answer in question.answers]
        page = queries.page(found, visit.query, queries.ANSWER_SORTS)
        rows = [render.answer(site.question(row.question_id), row) for row in page.rows]
        return _served(rows, page, "answer")

    def answers_by_id(self, visit: Visit) -> Served:
        site = self.site(visit)
        render = Renderer(site, visit.filter)
        found = [pair for id_ in queries.ids_of(visit.ids) if (pair := site.find_answer(id_))]
        page = queries.page([a for _, a in found], visit.query, queries.ANSWER_SORTS)
        rows = [render.answer(site.question(row.question_id), row) for row in page.rows]
        return _served(rows, page, "answer")

    def comments_on_questions(self, visit: Visit) -> Served:
        site = self.site(visit)
        posts = [site.questions[i] for i in queries.ids_of(visit.ids) if i in site.questions]
        return self._comments(visit, site, [c for post in posts for c in post.comments])

    def comments_on_answers(self, visit: Visit) -> Served:
        site = self.site(visit)
        pairs = [pair for id_ in queries.ids_of(visit.ids) if (pair := site.find_answer(id_))]
        return self._comments(visit, site, [c for _, post in pairs for c in post.comments])

    def _comments(self, visit: Visit, site: Site, found: Iterable[object]) -> Served:
        render = Renderer(site, visit.filter)
        page = queries.page(found, visit.query, queries.COMMENT_SORTS)
        return _served([render.comment(comment) for comment in page.rows], page, "comment")

    # --- sites, tags, filters --------------------------------------------------------------------

    def info(self, visit: Visit) -> Served:
        site = self.site(visit)
        questions = site.questions.values()
        comments = sum(len(post.comments) for q in questions for post in posts_of(q))
        fields: Json = {
            "total_questions": len(questions),
            "total_unanswered": sum(not q.is_answered for q in questions),
            "total_accepted": sum(q.accepted is not None for q in questions),
            "total_answers": sum(len(q.answers) for q in questions),
            "total_comments": comments,
            "total_votes": sum(abs(q.score) for q in questions),
            "total_badges": 0,
            "total_users": len({q.owner.name for q in questions}),
            "new_active_users": 1,
            "questions_per_minute": 0.01,
            "answers_per_minute": 0.01,
            "badges_per_minute": 0.0,
            "api_revision": "2026.10.1.1",
        }
        return _whole([Renderer(site, visit.filter).plain("info", fields)], "info")

    def sites(self, visit: Visit) -> Served:
        rows = [_site_fields(site) for site in self._state.sites.values()]
        render = Renderer(self._state.site(), visit.filter)
        return _whole([render.plain("site", row) for row in rows], "site")

    def tags_info(self, visit: Visit) -> Served:
        site = self.site(visit)
        counts = Counter(tag for question in site.questions.values() for tag in question.tags)
        render = Renderer(site, visit.filter)
        rows: Rows = [
            {"name": tag, "count": counts[tag], "has_synonyms": False,
             "is_moderator_only": False, "is_required": False}
            for tag in dict.fromkeys(visit.ids.lower().split(";")) if tag in counts
        ]  # fmt: skip
        return _whole([render.plain("tag", row) for row in rows], "tag")

    def create_filter(self, visit: Visit) -> Served:
        query = visit.query
        base = filters.find(query.get("base") or "default")
        if base is None:
            raise Refused.parameter("base")
        try:
            made = filters.create(
                _listed(query.get("include", "")), _listed(query.get("exclude", "")), base,
                safe=query.get("unsafe", "false").lower() != "true",
            )  # fmt: skip
        except KeyError:
            raise Refused.parameter("include") from None
        return _whole([made.shown()], "filter")

    def read_filters(self, visit: Visit) -> Served:
        found = [filters.find(name) for name in visit.ids.split(";")]
        if None in found:
            raise Refused.parameter("filters")
        return _whole([known.shown() for known in found if known], "filter")


def _listed(text: str) -> list[str]:
    return [name for name in text.split(";") if name]


def _site_fields(site: Site) -> Json:
    return {
        "api_site_parameter": site.name,
        "name": site.title,
        "site_url": site.address,
        "site_type": "main_site",
        "site_state": "normal",
        "audience": "people who run the engine",
        "launch_date": 1_221_436_800,
        "logo_url": f"{site.address}/logo.png",
    }


def _served(rows: Rows, page: queries.Page, kind: str) -> Served:
    return Served(rows, page.more, page.total, kind, page.number, page.size)


def _whole(rows: Rows, kind: str) -> Served:
    return Served(rows, total=len(rows), kind=kind)


def _method(name: str, serve: Callable[[Methods, Visit], Served]) -> Method:
    pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(name))
    return Method(name, re.compile(pattern), serve)


METHODS = (
    _method("/questions", Methods.questions),
    _method("/questions/{ids}", Methods.questions_by_id),
    _method("/questions/{ids}/answers", Methods.answers_of_questions),
    _method("/questions/{ids}/comments", Methods.comments_on_questions),
    _method("/answers/{ids}", Methods.answers_by_id),
    _method("/answers/{ids}/comments", Methods.comments_on_answers),
    _method("/info", Methods.info),
    _method("/sites", Methods.sites),
    _method("/tags/{tags}/info", Methods.tags_info),
    _method("/filters/create", Methods.create_filter),
    _method("/filters/{filters}", Methods.read_filters),
)


def find_method(path: str) -> tuple[Method, str] | None:
    """The method of a path, and the part of it in braces."""
    for method in METHODS:
        match = method.pattern.fullmatch(path.rstrip("/"))
        if match:
            return method, match[1] if match.groups() else ""
    return None
