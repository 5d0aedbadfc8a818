"""Page tokens: opaque, bound to their query, and good for seven days of the trackers' clock."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

import msgspec

from simulator.clock import Clock

from .request_context import refusal

LIFETIME = 7 * 86_400
Place = tuple[int, ...]


def page_token(clock: Clock, query: str, place: Place) -> str:
    content = (_mark(query), list(place), clock.now() + LIFETIME)
    return urlsafe_b64encode(msgspec.msgpack.encode(content)).decode().rstrip("=")


def read_token(clock: Clock, query: str, token: str) -> Place:
    """Where to go on; refused where it is broken, too old, or another query's."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        mark, place, expires = msgspec.msgpack.decode(raw, type=tuple[bytes, list[int], int])
    except (ValueError, msgspec.DecodeError):
        mark, place, expires = b"", [], 0
    if mark != _mark(query) or expires <= clock.now():
        raise refusal(400, "The provided next page token is invalid or expired.")
    return tuple(place)


def _mark(query: str) -> bytes:
    return blake2b(query.encode(), digest_size=6).digest()
