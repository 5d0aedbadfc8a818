"""Raw tracker responses, retained for remapping after a fix."""

from collections.abc import Sequence
from datetime import datetime
from zlib import compress

import msgspec
from django.conf import settings
from django.utils import timezone

from integrations.http.decompression import MAX_BODY_BYTES, Inflater, Lost
from integrations.models import RawPage
from integrations.providers.contract.base import Page, ProviderResponseError, RawReply
from issues.sync.store_results import StoreResult

FASTEST = 1
"""Zlib level: most of the size reduction at a fraction of the CPU time."""
PLAIN = ("", "identity")


class Unreadable(Exception):
    """Stored page that cannot be decompressed; the text gives the reason."""


class PackedPage(msgspec.Struct, frozen=True, array_like=True):
    """Encoded body of a `RawPage`."""

    replies: tuple[RawReply, ...]
    upstream_time: datetime | None
    """Tracker clock at the time of the response."""


class UnpackedPage(msgspec.Struct, frozen=True):
    """Decoded raw page."""

    replies: tuple[bytes, ...]
    upstream_time: datetime | None


_PACKED_PAGE = msgspec.msgpack.Decoder(PackedPage)


def save(integration_id: int, feed: str, page: Page[object], effect: StoreResult) -> None:
    """Store the raw page, inside the page's transaction; skip pages without changes."""
    is_news = effect.changed or effect.rejected or page.rejected
    if not is_news or settings.DIIP_RAW_PAGE_RETENTION_DAYS <= 0 or not page.raw:
        return
    body = pack(page.raw, page.upstream_time)
    RawPage.objects.create(
        integration_id=integration_id,
        feed=feed,
        body=body,
        size=len(body),
        created_at=timezone.now(),
    )


def pack(replies: Sequence[RawReply], upstream_time: datetime | None) -> bytes:
    """Encode the responses; compressed responses stay unchanged."""
    packed = tuple(_smaller(reply) for reply in replies)
    return msgspec.msgpack.encode(PackedPage(packed, upstream_time))


def unpack(body: bytes) -> UnpackedPage:
    """Decode a stored page; raises Unreadable if damaged or too large."""
    try:
        packed = _PACKED_PAGE.decode(body)
        return UnpackedPage(
            tuple(_inflate(reply) for reply in packed.replies), packed.upstream_time
        )
    except (msgspec.MsgspecError, ProviderResponseError, Lost):
        raise Unreadable("it is damaged") from None


def _smaller(reply: RawReply) -> RawReply:
    if reply.encoding not in PLAIN:
        return reply
    return RawReply(compress(reply.body, FASTEST), "deflate")


def _inflate(reply: RawReply) -> bytes:
    inflater = Inflater(reply.encoding)
    body = inflater.feed(reply.body, MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise Unreadable(f"it unpacks to more than {MAX_BODY_BYTES // 2**20} MB")
    inflater.finish()
    return body
