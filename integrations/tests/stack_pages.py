"""Builders of pages in Stack Exchange's format."""

from typing import Any

from integrations.http.session import Response
from integrations.providers.contract.base import Scope
from integrations.providers.stackoverflow import StackOverflow
from integrations.tests.provider_contract import TOKEN, FakeHttp, reply

API = "https://api.stackexchange.com/2.3"
DATE = "Sat, 22 Nov 2025 10:00:00 GMT"
FILTER = "!made-once"
START = 1_700_000_000
NO_FILTERS = reply({"error_id": 404, "error_name": "no_method"}, 400)


def stack(
    http: FakeHttp, *, tags: str = "python", token: str = TOKEN, base_url: str = API
) -> StackOverflow:
    scope = f"stackoverflow:{tags}"
    return StackOverflow(Scope(base_url=base_url, scope=scope, token=token), http)


def owner(name: str = "ann", number: int = 7) -> dict[str, Any]:
    link = f"https://stackoverflow.com/users/{number}/{name}"
    kind = "registered"
    return {"user_id": number, "display_name": name, "user_type": kind, "link": link}


def question(number: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "question_id": number,
        "title": f"Why is it slow {number}?",
        "body_markdown": "It is **slow**.",
        "link": f"https://stackoverflow.com/questions/{number}/why",
        "tags": ["python"],
        "owner": owner(),
        "creation_date": START,
        "last_activity_date": START + number,
        "answer_count": len(other.get("answers", ())),
        "comment_count": len(other.get("comments", ())),
        "score": 3,
        "is_answered": False,
        "content_license": "CC BY-SA 4.0",
    } | other


def answer(number: int = 11, on: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "answer_id": number,
        "question_id": on,
        "body_markdown": "Use a set.",
        "owner": owner("bob", 8),
        "creation_date": START + 100 + number,
        "last_activity_date": START + 200 + number,
        "is_accepted": False,
        "comment_count": len(other.get("comments", ())),
    } | other


def comment(number: int = 21, on: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "comment_id": number,
        "post_id": on,
        "body_markdown": "Which version?",
        "owner": owner("cy", 9),
        "creation_date": START + 300 + number,
        "edited": False,
    } | other


def wrapped(*items: Any, more: bool = False, **other: Any) -> dict[str, Any]:
    quota = {"quota_max": 10_000, "quota_remaining": 9_000}
    return {"items": list(items), "has_more": more, **quota} | other


def page(*items: Any, more: bool = False, **other: Any) -> Response:
    return reply(wrapped(*items, more=more, **other), date=DATE)


def refusal(number: int, status: int = 400, **other: Any) -> Response:
    return reply({"error_id": number, "error_message": f"foreign body {TOKEN}"} | other, status)
