"""HTTP session against servers on loopback."""

import gzip
import zlib

import pytest

from integrations.http import decompression
from integrations.providers.contract.base import ProviderResponseError, ProviderUnavailable
from integrations.tests.upstream import answer, drip, raw, session, upstream, world

__all__ = ["session", "world"]

ENDPOINT = "/repos/{owner}/{repo}/issues"
TOKEN = {"Authorization": "Bearer ghp_planted"}
CUT_OFF = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[1, 2"
CUT_CHUNK = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n[1, 2"
HALF_GZIP = gzip.compress(b"[1, 2, 3]" * 50)[:-12]


def get(session, url, **options):
    return session.get(url, endpoint=ENDPOINT, **options)


def test_a_reply_comes_back_whole(session):
    with upstream(answer(b'[{"id": 1}]', etag='"abc"')) as server, session(server) as out:
        reply = get(out, server.url + "/issues?page=2", headers={"Accept": "application/json"})

    assert (reply.status, reply.body, reply.headers["ETag"]) == (200, b'[{"id": 1}]', '"abc"')
    assert reply.url == server.url + "/issues?page=2"
    assert server.requests[0][0] == "/issues?page=2"
    assert server.requests[0][1]["accept"] == "application/json"


@pytest.mark.parametrize("status", [304, 401, 403, 404, 410, 422, 429, 451])
def test_refusals_are_replies_for_the_provider_to_judge(session, status):
    with upstream(answer(b"", status)) as server, session(server) as out:
        assert get(out, server.url).status == status
        assert len(server.requests) == 1


def test_one_connection_serves_a_session(session, world):
    with upstream(answer()) as server, session(server) as out:
        ports = {get(out, server.url).status for _ in range(3)}
        [pool] = out._connections._pools.values()

    assert ports == {200}
    assert pool.num_connections == 1
    assert world.resolved == ["127.0.0.1"]


# --- what passes by itself ----------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_error_is_retried(session, world, status):
    with upstream(answer(b"", status), answer()) as server, session(server) as out:
        assert get(out, server.url).status == 200

    assert world.pauses == [0.5]
    assert [call.status_code for call in out.calls] == [status, 200]
    assert [call.error_kind for call in out.calls] == ["unavailable", ""]


@pytest.mark.parametrize("broken", [CUT_OFF, CUT_CHUNK, b"HTTP/1.1 200 OK\r\ncontent-", b""])
def test_truncated_reply_is_retried(session, broken):
    with upstream(raw(broken), answer(b"[1]")) as server, session(server) as out:
        assert get(out, server.url).body == b"[1]"

    assert [call.status_code for call in out.calls] == [None, 200]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\xfe" * 100,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1, 2\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"1" * 70_000,
    ],
    ids=range(8),
)
def test_garbage_is_a_failure_in_our_words(session, garbage):
    with (
        upstream(raw(garbage)) as server,
        session(server, tries=1) as out,
        pytest.raises(ProviderUnavailable, match="the connection broke"),
    ):
        get(out, server.url)


def test_request_is_tried_five_times(session, world):
    with (
        upstream(answer(b"secret body", 502)) as server,
        session(server) as out,
        pytest.raises(ProviderUnavailable) as failure,
    ):
        get(out, server.url + "/private?key=value", headers=TOKEN)

    assert len(server.requests) == len(out.calls) == 5
    assert world.pauses == [0.5, 1.0, 2.0, 4.0]
    assert "127.0.0.1" in str(failure.value)
    assert "5xx" in str(failure.value)
    assert not any(word in str(failure.value) for word in ("private", "key", "planted", "secret"))


def test_where_a_person_waits_fewer_tries_are_made(session):
    with (
        upstream(answer(b"", 502)) as server,
        session(server, tries=2) as out,
        pytest.raises(ProviderUnavailable),
    ):
        get(out, server.url)

    assert len(server.requests) == 2


def test_reply_with_retry_after_is_not_retried(session):
    with upstream(answer(b"", 503, retry_after="60")) as server, session(server) as out:
        assert get(out, server.url).status == 503
        assert len(server.requests) == 1


def test_nobody_listens(session, world):
    with upstream(answer()) as server:
        out = session(server)

    with out, pytest.raises(ProviderUnavailable, match="the connection failed"):
        get(out, server.url)

    assert len(out.calls) == 5


def test_the_next_try_takes_the_next_address(session, world):
    world.addresses = ["127.0.0.3", "127.0.0.1"]
    with upstream(answer()) as server:
        url = f"http://ghe.test:{server.port}"
        with session(server, url) as out:
            assert get(out, url).status == 200

    assert [call.status_code for call in out.calls] == [None, 200]


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: "])
def test_a_slow_drip_cannot_outlive_the_deadline(session, world, head):
    world.tick = 1.0
    with (
        upstream(drip(b"x" * 10, head)) as server,
        session(server) as out,
        pytest.raises(ProviderUnavailable),
    ):
        get(out, server.url)

    assert len(server.requests) <= 5


def test_no_try_begins_after_the_deadline(session, world):
    world.tick = 13.0
    with (
        upstream(answer(b"", 500)) as server,
        session(server) as out,
        pytest.raises(ProviderUnavailable),
    ):
        get(out, server.url)

    assert len(server.requests) < 5


def test_where_somebody_waits_all_requests_share_one_deadline(session, world):
    with upstream(answer()) as server, session(server) as out:
        out.end_after(10)
        assert get(out, server.url).status == 200
        world.now += 11

        with pytest.raises(ProviderUnavailable):
            get(out, server.url)

    assert len(out.calls) == 2


# --- bodies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("GZIP", gzip.compress)],
)
def test_packed_bodies_are_unpacked(session, encoding, pack):
    body = b"[" + b"1," * 400_000 + b"1]"
    with upstream(answer(pack(body), content_encoding=encoding)) as server, session(server) as out:
        assert get(out, server.url).body == body

    assert server.requests[0][1]["accept-encoding"] == "gzip, deflate"


def test_truncated_compressed_body_is_retried(session):
    broken, whole = (
        answer(body, content_encoding="gzip") for body in (HALF_GZIP, gzip.compress(b"[]"))
    )
    with upstream(broken, whole) as server, session(server) as out:
        assert get(out, server.url).body == b"[]"
        assert len(server.requests) == 2


def test_a_bomb_is_cut_at_the_cap(session, monkeypatch):
    monkeypatch.setattr(decompression, "MAX_BODY_BYTES", 1_000_000)
    fine, bomb = (
        answer(gzip.compress(bytes(size), 1), content_encoding="gzip") for size in (10**6, 10**7)
    )
    with upstream(fine, bomb) as server, session(server) as out:
        assert len(get(out, server.url).body) == 10**6
        with pytest.raises(ProviderResponseError, match="too large"):
            get(out, server.url)

    assert [call.error_kind for call in out.calls] == ["", "response"]


def test_unpacking_never_takes_more_room_than_there_is():
    bomb = gzip.compress(bytes(10**7), 1)

    assert len(decompression.Inflater("gzip").feed(bomb, 1_000)) == 1_000


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd"])
def test_unknown_content_encoding_is_refused(session, encoding):
    with (
        upstream(answer(b"x", content_encoding=encoding)) as server,
        session(server) as out,
        pytest.raises(ProviderResponseError),
    ):
        get(out, server.url)


def test_a_packed_empty_reply_is_empty(session):
    with upstream(answer(b"", 404, content_encoding="gzip")) as server, session(server) as out:
        assert get(out, server.url).body == b""
