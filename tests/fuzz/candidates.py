"""Every operation, broken in every way we know: the requests a run draws from."""

import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from accounts.sign_in import tokens
from tests.fuzz import hostile
from tests.fuzz.planting import Planted
from tests.fuzz.wire import Request
from tests.routes import list_routes
from tests.url_table import BODIES

ACTORS = ("owner",) * 6 + ("outsider",) * 3 + ("viewer", "maintainer", "admin", "anonymous")
TAKES_AWAY = re.compile(r"^DELETE|api/auth/(password|logout)/|^PATCH api/auth|members/<")
ADMIN_FILL = {
    "object_id": "1",
    "id": "1",
    "content_type_id": "1",
    "app_label": "accounts",
    "url": "x",
}


def draw(planted: Planted, dice: Random, count: int) -> list[Request]:
    """So many requests, in an order of their own; what takes away comes last."""
    every = list(candidates(planted, dice))
    drawn = dice.sample(every, min(count, len(every)))
    return sorted(drawn, key=lambda request: request.is_last)


def candidates(planted: Planted, dice: Random) -> Iterator[Request]:
    for route in list_routes():
        for request in _of_route(route, planted, dice):
            actor = "session" if "admin/" in route[:12] else dice.choice(ACTORS)
            is_last = bool(TAKES_AWAY.search(route)) or request.method == b"DELETE"
            if is_last and actor == "owner":
                actor = dice.choice(("viewer", "outsider", "anonymous"))  # ours stays to be read
            yield replace(request, actor=actor, route=route, is_last=is_last)
    for path in hostile.PATHS:
        for actor in ("owner", "anonymous", "session"):
            yield Request(b"GET", path, actor=actor, route="odd path")


def _of_route(route: str, planted: Planted, dice: Random) -> Iterator[Request]:
    method = route.partition(" ")[0].encode()
    path, body = _path(route, planted.ids()), _body(route, planted)
    foreign = _path(route, planted.world.theirs.ids)
    plain = None if method == b"GET" else hostile.encode(body)
    yield Request(method, path, plain)
    yield Request(method, foreign, plain, is_foreign=True)
    yield from (Request(method, path + b"?" + query, plain) for query in hostile.QUERIES)
    yield from (Request(method, path, plain, (header,)) for header in hostile.HEADERS)
    yield from (Request(odd, path, plain) for odd in hostile.METHODS)
    yield from (Request(method, odd, plain) for odd in _odd_paths(route, planted.ids()))
    if method != b"GET":
        yield from (Request(method, path, odd) for odd in hostile.BODIES)
        mutated = list(hostile.mutate(body or {"name": "x"}))
        yield from (
            Request(method, path, odd) for odd in dice.sample(mutated, min(60, len(mutated)))
        )


def _path(route: str, ids: dict[str, object]) -> bytes:
    filled = re.sub(
        r"<(\w+)>", lambda found: str((ADMIN_FILL | ids)[found[1]]), route.partition(" ")[2]
    )
    return b"/" + re.sub(r"\(\?P.*", "x", filled).lstrip("/").encode()


def _odd_paths(route: str, ids: dict[str, object]) -> Iterator[bytes]:
    names = re.findall(r"<(\w+)>", route)
    for name in names:
        for odd in hostile.IDS:
            marked = _path(route, {**ADMIN_FILL, **ids, name: "\x01"})
            yield marked.replace(b"\x01", odd)


def _body(route: str, planted: Planted) -> dict[str, object]:
    body = dict(BODIES.get(route, {}))
    if body.get("refresh"):
        body["refresh"] = tokens.issue(planted.world.people["viewer"]).refresh
    return body
