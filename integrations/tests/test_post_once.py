"""Posting once to an endpoint that is not a tracker."""

import pytest

from integrations.http.session import UnknownDelivery, post_once
from integrations.providers.contract.base import ProviderConfigError, ProviderUnavailable
from integrations.tests.upstream import FakeWorld, answer, drip, raw, upstream


@pytest.fixture
def post(settings):
    """Return `post(server)`, which posts to an allowed server."""

    def hand_over(server, path="/hook/?a=b", world=None):
        settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{server.port}"]
        outside = (world or FakeWorld()).outside()
        return post_once(
            server.url + path, content=b'{"a": 1}', headers={"x-one": "1"}, outside=outside
        )

    return hand_over


def test_these_very_bytes_arrive(post):
    with upstream(answer(b"ok", 201)) as server:
        reply = post(server)

    [(path, headers)] = server.requests
    assert (reply.status, reply.body, path, server.bodies) == (
        201, b"ok", "/hook/?a=b", [b'{"a": 1}'],
    )  # fmt: skip
    assert (headers["x-one"], headers["content-type"]) == ("1", "application/json")


@pytest.mark.parametrize("status", [200, 302, 404, 429, 500, 503])
def test_any_status_is_a_reply_and_comes_once(post, status):
    with upstream(answer(b"", status, location="/other", retry_after="5")) as server:
        reply = post(server)

    assert (reply.status, reply.headers["retry-after"]) == (status, "5")
    assert len(server.requests) == 1


def test_a_reply_without_a_body_may_name_no_length(post):
    with upstream(raw(b"HTTP/1.1 200 OK\r\n\r\n")) as server:
        assert post(server).status == 200


@pytest.mark.parametrize("broken", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab"])
def test_what_is_not_answered_may_have_arrived(post, broken):
    with upstream(raw(broken)) as server, pytest.raises(UnknownDelivery, match="no usable answer"):
        post(server)

    assert len(server.requests) == 1


def test_a_slow_drip_ends_at_the_deadline(post):
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n"
    with upstream(drip(b"a", head)) as server, pytest.raises(UnknownDelivery):
        post(server, world=FakeWorld(tick=0.1))


def test_where_nobody_listens_nothing_arrived(post):
    with upstream(answer()) as server:
        pass

    with pytest.raises(ProviderUnavailable, match="not reached") as refused:
        post(server)
    assert not isinstance(refused.value, UnknownDelivery)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "https://10.0.0.1/", "http://hooks.example.com/", "ftp://a.b/"]
)
def test_the_inside_is_not_reached(url, settings):
    settings.DIIP_PRIVATE_HOSTS = []

    with pytest.raises(ProviderConfigError):
        post_once(url, content=b"{}", headers={}, outside=FakeWorld().outside())


def test_a_public_name_with_a_private_address_is_not_reached(settings):
    world = FakeWorld()
    world.addresses = ["93.184.216.34", "169.254.169.254"]

    with pytest.raises(ProviderConfigError, match="not on the public internet"):
        post_once("https://a.example.com/", content=b"{}", headers={}, outside=world.outside())
    assert world.resolved == ["a.example.com"]
