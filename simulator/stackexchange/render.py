"""Stack Exchange's JSON: only the fields that a filter shows, and none that does not apply.

A field without a value is absent, never null: no `accepted_answer_id`, no `closed_date`.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from .close_reasons import DUPLICATE, REASONS
from .filters import Filter
from .markup import encoded, html_of, slug
from .model import Answer, Comment, Migration, Owner, Post, Question
from .site import Site

Json = dict[str, object]
_LICENSES = ((1303257600, "CC BY-SA 2.5"), (1525219200, "CC BY-SA 3.0"))
"""Until when each was the one that posts were given under."""


class Renderer(msgspec.Struct, frozen=True):
    """Renders one answer of the API."""

    site: Site
    filter: Filter

    def question(self, question: Question) -> Json:
        return self.shown("question", _QUESTION, question)

    def answer(self, question: Question, answer: Answer) -> Json:
        return self.shown("answer", _ANSWER, (question, answer))

    def comment(self, comment: Comment) -> Json:
        return self.shown("comment", _COMMENT, comment)

    def owner(self, owner: Owner) -> Json:
        return self.shown("shallow_user", _OWNER, owner)

    def plain(self, kind: str, fields: Json) -> Json:
        """Something that has no texts of people in it."""
        wanted = self.filter.of(kind)
        return {name: value for name, value in fields.items() if name in wanted}

    def text(self, text: str) -> str:
        return encoded(text) if self.filter.safe else text

    def shown(self, kind: str, fields: dict[str, Any], thing: Any) -> Json:
        wanted = self.filter.of(kind)
        made = {name: make(self, thing) for name, make in fields.items() if name in wanted}
        return {name: value for name, value in made.items() if value is not None}


# --- parts ----------------------------------------------------------------------------------------


def license_of(moment: int) -> str:
    return next((name for until, name in _LICENSES if moment < until), "CC BY-SA 4.0")


def link_of(site: Site, question: Question) -> str:
    return f"{site.address}/questions/{question.id}/{slug(question.title)}"


def _comments(render: Renderer, post: Post) -> list[Json] | None:
    """Absent where there are none."""
    return [render.comment(comment) for comment in post.comments] or None


def _answers(render: Renderer, question: Question) -> list[Json] | None:
    return [render.answer(question, answer) for answer in question.answers] or None


def _owners(render: Renderer, owners: Iterable[Owner]) -> list[Json]:
    return [render.owner(owner) for owner in owners]


def _closed_details(render: Renderer, question: Question) -> Json | None:
    closing = question.closing
    if closing is None:
        return None
    details: Json = {
        "reason": closing.reason,
        "description": REASONS.get(closing.reason, closing.reason),
        "on_hold": closing.reason != DUPLICATE,
        "by_users": _owners(render, closing.by),
    }
    originals = [render.site.questions[id_] for id_ in closing.originals
                 if id_ in render.site.questions]  # fmt: skip
    if originals:
        details["original_questions"] = [_original(render, original) for original in originals]
    return render.plain("closed_details", details)


def _migrated_to(migration: Migration) -> Json:
    """Only when and as what; the other site as an object is left out."""
    return {"on_date": migration.at, "question_id": migration.question_id}


def _original(render: Renderer, question: Question) -> Json:
    return render.shown("original_question", _ORIGINAL, question)


def _badges(render: Renderer, owner: Owner) -> Json | None:
    if owner.id is None:
        return None
    bronze = owner.reputation // 100
    return render.plain(
        "badge_count", {"bronze": bronze, "silver": bronze // 4, "gold": bronze // 30}
    )


def _answer_link(render: Renderer, question: Question, answer: Answer) -> str:
    return f"{link_of(render.site, question)}/{answer.id}#{answer.id}"


def _comment_link(render: Renderer, comment: Comment) -> str:
    return f"{render.site.address}/posts/comments/{comment.id}"


def _of_answer(
    make: Callable[[Renderer, Any], object],
) -> Callable[[Renderer, tuple[Question, Answer]], object]:
    return lambda render, pair: make(render, pair[1])


# --- fields ---------------------------------------------------------------------------------------

_POST: dict[str, Callable[[Renderer, Any], object]] = {
    "body": lambda r, p: html_of(p.markdown),
    "body_markdown": lambda r, p: r.text(p.markdown),
    "can_flag": lambda r, p: False,
    "comment_count": lambda r, p: len(p.comments),
    "comments": _comments,
    "community_owned_date": lambda r, p: p.community,
    "content_license": lambda r, p: license_of(p.created),
    "creation_date": lambda r, p: p.created,
    "down_vote_count": lambda r, p: max(-p.score, 0),
    "last_edit_date": lambda r, p: p.edited,
    "locked_date": lambda r, p: p.locked,
    "owner": lambda r, p: r.owner(p.owner),
    "score": lambda r, p: p.score,
    "up_vote_count": lambda r, p: max(p.score, 0),
}
_QUESTION: dict[str, Callable[[Renderer, Question], object]] = _POST | {
    "accepted_answer_id": lambda r, q: q.accepted,
    "answer_count": lambda r, q: len(q.answers),
    "answers": _answers,
    "bounty_amount": lambda r, q: q.bounty and q.bounty.amount,
    "bounty_closes_date": lambda r, q: q.bounty and q.bounty.until,
    "bounty_user": lambda r, q: q.bounty and r.owner(q.bounty.by),
    "can_close": lambda r, q: False,
    "close_vote_count": lambda r, q: 0,
    "closed_date": lambda r, q: q.closing and q.closing.at,
    "closed_details": _closed_details,
    "closed_reason": lambda r, q: q.closing and q.closing.reason,
    "delete_vote_count": lambda r, q: 0,
    "favorite_count": lambda r, q: 0,
    "is_answered": lambda r, q: q.is_answered,
    "last_activity_date": lambda r, q: q.active,
    "link": lambda r, q: link_of(r.site, q),
    "migrated_to": lambda r, q: q.migration and _migrated_to(q.migration),
    "protected_date": lambda r, q: q.protected,
    "question_id": lambda r, q: q.id,
    "reopen_vote_count": lambda r, q: 0,
    "share_link": lambda r, q: f"{r.site.address}/q/{q.id}",
    "tags": lambda r, q: q.tags,
    "title": lambda r, q: r.text(q.title),
    "view_count": lambda r, q: q.views,
}
_ANSWER: dict[str, Callable[[Renderer, tuple[Question, Answer]], object]] = {
    **{name: _of_answer(make) for name, make in _POST.items()},
    "answer_id": lambda r, pair: pair[1].id,
    "is_accepted": lambda r, pair: pair[0].accepted == pair[1].id,
    "last_activity_date": lambda r, pair: pair[1].changed,
    "link": lambda r, pair: _answer_link(r, *pair),
    "question_id": lambda r, pair: pair[1].question_id,
    "share_link": lambda r, pair: f"{r.site.address}/a/{pair[1].id}",
    "tags": lambda r, pair: pair[0].tags,
    "title": lambda r, pair: r.text(pair[0].title),
}
_COMMENT: dict[str, Callable[[Renderer, Comment], object]] = {
    "body": lambda r, c: html_of(c.markdown).strip().removeprefix("<p>").removesuffix("</p>"),
    "body_markdown": lambda r, c: r.text(c.markdown),
    "can_flag": lambda r, c: False,
    "comment_id": lambda r, c: c.id,
    "content_license": lambda r, c: license_of(c.created),
    "creation_date": lambda r, c: c.created,
    "edited": lambda r, c: c.edited,
    "link": _comment_link,
    "owner": lambda r, c: r.owner(c.owner),
    "post_id": lambda r, c: c.post_id,
    "post_type": lambda r, c: "question" if c.post_id in r.site.questions else "answer",
    "score": lambda r, c: c.score,
}
_OWNER: dict[str, Callable[[Renderer, Owner], object]] = {
    "account_id": lambda r, o: o.id and o.id * 3 + 11,
    "badge_counts": _badges,
    "display_name": lambda r, o: r.text(o.name),
    "link": lambda r, o: o.id and f"{r.site.address}/users/{o.id}/{slug(o.name)}",
    "profile_image": lambda r, o: o.id and f"https://i.sstatic.net/{o.id}.png?s=256",
    "reputation": lambda r, o: o.id and o.reputation,
    "user_id": lambda r, o: o.id,
    "user_type": lambda r, o: "registered" if o.id else "does_not_exist",
}
_ORIGINAL: dict[str, Callable[[Renderer, Question], object]] = {
    name: _QUESTION[name] for name in ("accepted_answer_id", "answer_count", "question_id", "title")
}
