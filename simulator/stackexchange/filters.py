"""Filters: which fields an answer shows. They are immutable and never expire.

A filter's name holds its fields, as the real ones do: a name that was made once is known for ever,
also to another server.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

import msgspec

from .fields import ALL_FIELDS, BODIES, DEFAULT_FIELDS, PERCEVAL_FIELDS, PERCEVAL_FILTER

_ORDER = sorted(ALL_FIELDS)
_CHECK = 3


class Filter(msgspec.Struct, frozen=True):
    name: str
    fields: frozenset[str]
    """`question.body`; of the wrapper `.total`."""
    safe: bool = True

    def of(self, kind: str) -> frozenset[str]:
        """The fields shown of one type, by their bare names."""
        return _of(self.fields, kind)

    def shown(self) -> dict[str, object]:
        kind = "safe" if self.safe else "unsafe"
        return {"filter": self.name, "filter_type": kind, "included_fields": sorted(self.fields)}


@lru_cache(maxsize=1_000)
def _of(fields: frozenset[str], kind: str) -> frozenset[str]:
    prefix = f"{kind}."
    return frozenset(name.removeprefix(prefix) for name in fields if name.startswith(prefix))


_FIXED = {
    "default": Filter("default", DEFAULT_FIELDS),
    "withbody": Filter("withbody", DEFAULT_FIELDS | BODIES),
    "none": Filter("none", frozenset()),
    "total": Filter("total", frozenset({".total"})),
    PERCEVAL_FILTER: Filter(PERCEVAL_FILTER, PERCEVAL_FIELDS),
}
DEFAULT_FILTER = _FIXED["default"]


def find(name: str) -> Filter | None:
    """The filter of that name, or None where nobody made one."""
    return _FIXED.get(name) or _read(name)


def create(include: Iterable[str], exclude: Iterable[str], base: Filter, *, safe: bool) -> Filter:
    """KeyError of a field that is none."""
    for field in (*include, *exclude):
        if field not in ALL_FIELDS:
            raise KeyError(field)
    fields = (base.fields | frozenset(include)) - frozenset(exclude)
    return Filter(_name(fields, safe=safe), fields, safe)


def _name(fields: frozenset[str], *, safe: bool) -> str:
    bits = sum(1 << place for place, field in enumerate(_ORDER) if field in fields)
    body = (bits << 1 | safe).to_bytes(len(_ORDER) // 8 + 1, "big")
    return "!" + urlsafe_b64encode(_check(body) + body).decode().rstrip("=")


def _read(name: str) -> Filter | None:
    raw = _decoded(name.removeprefix("!"))
    body = raw[_CHECK:]
    if not name.startswith("!") or not body or raw[:_CHECK] != _check(body):
        return None
    bits = int.from_bytes(body, "big")
    fields = frozenset(field for place, field in enumerate(_ORDER) if bits >> place + 1 & 1)
    return Filter(name, fields, bool(bits & 1))


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _check(body: bytes) -> bytes:
    return blake2b(body, digest_size=_CHECK).digest()
