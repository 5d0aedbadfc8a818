"""Raw pages: stored if they brought changes, restored unchanged."""

import gzip
import zlib

import pytest

from integrations.models import RawPage
from integrations.providers.contract.base import Page, RawReply, RejectedRecord
from issues.sync import raw_pages
from issues.sync.store_results import StoreResult

BODY = b'[{"id": 1}]' * 50
CHANGED = StoreResult({}, changed=True)


def page(**fields) -> Page:
    return Page(raw=(RawReply(BODY),), **fields)


@pytest.mark.parametrize(
    "reply",
    [
        RawReply(BODY),
        RawReply(BODY, "identity"),
        RawReply(gzip.compress(BODY, mtime=0), "gzip"),
        RawReply(zlib.compress(BODY), "deflate"),
        RawReply(b""),
    ],
)
def test_response_is_restored_unchanged(reply):
    body = raw_pages.pack([reply, RawReply(b"second")], None)

    assert raw_pages.unpack(body).replies == (BODY if reply.body else b"", b"second")


def test_compressed_response_is_stored_unchanged():
    packed = gzip.compress(BODY, mtime=0)

    assert packed in raw_pages.pack([RawReply(packed, "gzip")], None)
    assert len(raw_pages.pack([RawReply(BODY)], None)) < len(BODY) / 5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no msgpack",
        raw_pages.pack([RawReply(gzip.compress(BODY, mtime=0)[:-9], "gzip")], None),
        raw_pages.pack([RawReply(b"plain", "gzip")], None),
        raw_pages.pack([RawReply(BODY, "br")], None),
    ],
)
def test_damaged_page_is_unreadable(body):
    with pytest.raises(raw_pages.Unreadable):
        raw_pages.unpack(body)


def test_page_that_decompresses_beyond_the_limit_is_unreadable(monkeypatch):
    monkeypatch.setattr(raw_pages, "MAX_BODY_BYTES", len(BODY) - 1)

    with pytest.raises(raw_pages.Unreadable, match="more than"):
        raw_pages.unpack(raw_pages.pack([RawReply(BODY)], None))


@pytest.mark.parametrize(
    ("days", "effect", "rejected", "kept"),
    [
        (7, CHANGED, (), True),
        (0, CHANGED, (), False),
        (7, StoreResult({}), (), False),
        (7, StoreResult({}), (RejectedRecord(source_id="1", reason="", raw=b""),), True),
    ],
)
def test_page_with_changes_is_stored(integration, settings, days, effect, rejected, kept):  # noqa: PLR0917 - a table of cases
    settings.DIIP_RAW_PAGE_RETENTION_DAYS = days

    raw_pages.save(integration.pk, "issues", page(rejected=rejected), effect)

    assert RawPage.objects.exists() == kept


def test_stored_page_has_its_size(integration):
    raw_pages.save(integration.pk, "issues", page(), CHANGED)

    row = RawPage.objects.get()
    assert row.size == len(bytes(row.body))
    assert raw_pages.unpack(bytes(row.body)).replies == (BODY,)
