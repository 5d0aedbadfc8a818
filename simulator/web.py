"""A request as a tracker sees it and the reply it gives, apart from any socket."""

import gzip
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from http import HTTPStatus
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode

import msgspec

Transport = Literal["plain", "reset", "hang", "drip", "cut"]


class Request(msgspec.Struct, frozen=True):
    """One request; header names are in lower case."""

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    root: str
    """Scheme, host and port as the client wrote them."""
    address: str

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @property
    def url(self) -> str:
        return f"{self.root}{self.path}" + (f"?{self.query_string}" if self.query_string else "")

    @property
    def token(self) -> str:
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if scheme.lower() in {"bearer", "token", "basic"} else ""

    def takes_gzip(self) -> bool:
        return "gzip" in self.headers.get("accept-encoding", "")


class Reply(msgspec.Struct):
    """What goes back. Faults change it on its way out."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}
    transport: Transport = "plain"
    seconds: float = 0
    """How long to hang or drip, or to wait before answering."""
    length: int | None = None
    """A Content-Length that is not true."""
    rows: int | None = None
    encoded: bool = False
    """The body is compressed already."""
    stream: Iterator[bytes] | None = None
    """Sent piece by piece in place of the body."""
    note: str = ""
    """For the journal alone: why it was refused."""

    @property
    def reason(self) -> str:
        return HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Unknown"

    def plain_body(self) -> bytes:
        return gzip.decompress(self.body) if self.encoded else self.body

    def compress(self) -> None:
        if len(self.body) > 256:
            self.body, self.encoded = gzip.compress(self.body, 1, mtime=0), True
            self.headers["Content-Encoding"] = "gzip"

    def replace_body(self, body: bytes) -> None:
        self.body, self.encoded = body, False
        self.headers.pop("Content-Encoding", None)


def json_reply(status: int, value: object, headers: Mapping[str, str] | None = None) -> Reply:
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Reply(status, msgspec.json.encode(value), kind | dict(headers or {}))


def weak_etag(content: bytes) -> str:
    return f'W/"{blake2b(content, digest_size=32).hexdigest()}"'


def with_query(base: str, parameters: Mapping[str, str]) -> str:
    return f"{base}?{urlencode(parameters, quote_via=quote)}"


class Outgoing(msgspec.Struct, frozen=True):
    """A delivery that a tracker sends when something happened, not yet signed or sent."""

    event: str
    headers: dict[str, str]
    body: bytes
    signature_header: str
    """Where the signature goes if the receiver was given a secret."""
