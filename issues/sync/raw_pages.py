"""What the tracker sent, kept for a time: so that a mended mapping can be run over it again."""

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
"""Zlib's level: most of what can be saved, at a small part of the work."""
PLAIN = ("", "identity")


class Unreadable(Exception):
    """A kept page does not unpack; the text says why."""


class Packed(msgspec.Struct, frozen=True, array_like=True):
    """The body of a `RawPage`."""

    replies: tuple[RawReply, ...]
    upstream_time: datetime | None
    """The tracker's clock when it answered."""


class Kept(msgspec.Struct, frozen=True):
    """A kept page, unpacked."""

    replies: tuple[bytes, ...]
    upstream_time: datetime | None


_PACKED = msgspec.msgpack.Decoder(Packed)


def keep(integration_id: int, feed: str, page: Page[object], effect: StoreResult) -> None:
    """Inside the page's transaction. A page that changed nothing is not kept."""
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
    """What came packed stays as it came."""
    packed = tuple(_smaller(reply) for reply in replies)
    return msgspec.msgpack.encode(Packed(packed, upstream_time))


def unpack(body: bytes) -> Kept:
    """Raises Unreadable, also for what unpacks to more than a reply may have."""
    try:
        packed = _PACKED.decode(body)
        return Kept(tuple(_inflate(reply) for reply in packed.replies), packed.upstream_time)
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
