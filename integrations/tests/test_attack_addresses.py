"""Internal addresses in every address input are refused without any connection."""

import socket
from contextlib import suppress

import pytest

from integrations.http.address_guard import parse_target
from integrations.http.transport import post_once
from integrations.providers.contract.base import ProviderConfigError, ProviderUnavailable

SPELLINGS = [
    "127.0.0.1", "localhost", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "0x7f000001", "0",
    "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1.",
    "①②⑦.⓪.⓪.①", "127。0。0。1", "user@127.0.0.1",
]  # fmt: skip
SCHEMES = [
    "http", "https", "ftp", "file", "gopher", "dict", "ldap", "tftp", "jar", "data", "redis",
    "ssh", "ws", "unix", "javascript",
]  # fmt: skip


@pytest.fixture
def listener():
    """Local service that must receive no connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server
        with suppress(BlockingIOError):
            server.accept()
            pytest.fail("a connection was opened")


def test_a_call_would_be_seen(listener):
    with socket.create_connection(listener.getsockname()):
        listener.settimeout(5)
        assert listener.accept()
    listener.settimeout(0)


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize("ending", [":{port}/", "/"])
def test_no_spelling_is_saved(team, listener, host, ending):
    url = "https://" + host + ending.format(port=listener.getsockname()[1])
    bodies = {
        "integrations/github/connect/": {"token": "t", "repository": "o/r", "api_url": url},
        "integrations/jira/connect/": {"site_url": url, "project_key": "A", "token": "t"},
        "integrations/stackoverflow/connect/": {"tags": ["python"], "api_url": url},
        "alerts/channels/": {"kind": "webhook", "name": "x", "address": url},
    }
    for path, body in bodies.items():
        refused = team.call("owner").post(team.url + path, body)

        assert refused.status_code in (400, 422), (path, refused.content)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_scheme_leads_inside(listener, scheme):
    host, port = listener.getsockname()
    with pytest.raises((ProviderConfigError, ProviderUnavailable)):
        post_once(f"{scheme}://{host}:{port}/", content=b"{}", headers={})


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_is_connected_to(listener, host):
    with pytest.raises((ProviderConfigError, ProviderUnavailable)):
        post_once(f"https://{host}/", content=b"{}", headers={})


def test_what_a_user_may_name_is_https_on_its_own_port():
    assert parse_target("https://api.github.com/x").port == 443
