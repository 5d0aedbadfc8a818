"""Reading of reply bodies: complete, decompressed and below the size limit."""

import zlib

import urllib3

from integrations.providers.contract.base import ProviderResponseError

MAX_BODY_BYTES = 20 * 1024 * 1024
CHUNK = 256 * 1024


class Lost(Exception):
    """Error: no usable reply arrived; the text gives the reason."""


class NotSent(Lost):
    """Error: the request certainly did not arrive."""


def read_body(response: urllib3.BaseHTTPResponse) -> tuple[bytes, bytes]:
    """Return the whole body, decompressed and as received.

    Raises Lost if it is incomplete, ProviderResponseError above MAX_BODY_BYTES.
    """
    chunks, wire = [], []
    size = 0
    try:
        inflater = Inflater(response.headers.get("Content-Encoding", ""))
        for packed in response.stream(CHUNK, decode_content=False):
            chunk = inflater.feed(packed, MAX_BODY_BYTES + 1 - size)
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                raise ProviderResponseError(
                    f"The tracker sent a reply over {MAX_BODY_BYTES // 2**20} MB: it is too large."
                )
            chunks.append(chunk)
            wire.append(packed)
        inflater.finish()
    except (ProviderResponseError, Lost):
        response.close()
        raise
    body = b"".join(chunks)
    return body, b"".join(wire) if inflater.is_packed else body


class Inflater:
    """Incremental decompressor for gzip and deflate with a limit on its output."""

    def __init__(self, encoding: str) -> None:
        is_packed = encoding.strip().lower() in ("gzip", "x-gzip", "deflate")
        if not is_packed and encoding.strip().lower() not in ("", "identity"):
            raise ProviderResponseError("The tracker sent a reply in an unknown content encoding.")
        self.is_packed = is_packed
        self._stream = zlib.decompressobj(32 + 15) if is_packed else None  # gzip or zlib
        self._has_data = False

    def feed(self, data: bytes, room: int) -> bytes:
        if self._stream is None:
            return data
        self._has_data = True
        try:
            return self._stream.decompress(data, room)
        except zlib.error:
            raise ProviderResponseError(
                "The tracker sent a reply that cannot be decompressed."
            ) from None

    def finish(self) -> None:
        if self._stream is not None and self._has_data and not self._stream.eof:
            raise Lost("the reply was cut off")
