"""Tests of the address guard, by syntax and by resolved addresses."""

import pytest

from integrations.http.address_guard import check_url, is_public, parse_target
from integrations.providers.contract.base import ProviderConfigError, ProviderUnavailable

PUBLIC = "93.184.216.34"

# What Python's flags let through in some version, and the plain cases.
INSIDE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
    "100.64.0.1", "192.0.0.170", "192.88.99.1", "198.18.0.1", "203.0.113.5", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:100.64.0.1",
    "::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::1", "2001::1", "2001:db8::1",
    "3fff::1", "fc00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1", "nonsense",
]  # fmt: skip

ODD_SPELLINGS = [
    "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/",
    "https://0x7f.1/", "https://127.0.0.0x1/", "https://[::ffff:7f00:1]/", "https://127.0.0.1./",
    "https://127%2e0.0.1/", "https://①②⑦.0.0.1/", "https://127。0。0。1/", "https://[::1%25lo]/",
    "https://user@93.184.216.34/", "https://a:b@example.com/", "https://example.com:8443/",
    "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
    "https:example.com", "//example.com/", "https://", "", "example.com", "https://exa mple.com/",
    "https://example.com\\@evil.test/", "https://example.com\t/", "\nhttps://example.com/",
    "https://example.com:0/", "https://example.com:99999/", "https://[::1/", "https://-a.test/",
    "https://a..b/", "https://" + "a" * 64 + ".test/", "https://ex\u00adample.com\ud800/",
    "javascript:alert(1)", "https://example.com:443:443/", "https://0/", "https://127.0.0.1:443@x/",
]  # fmt: skip


def resolve_as(*addresses):
    return lambda host, port: list(addresses)


def resolve_literally(host, port):
    """Resolve literals to themselves and names to a public address."""
    return [host] if host[-1].isdigit() or ":" in host else [PUBLIC]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_plainly_public_is_refused(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "140.82.112.5", "2606:50c0:8000::153", "8.8.8.8"])
def test_public_addresses_pass(address):
    assert is_public(address)


@pytest.mark.parametrize("url", ODD_SPELLINGS)
def test_ambiguous_addresses_are_refused(url):
    assert check_url("https://example.com/", resolve=resolve_literally)

    with pytest.raises(ProviderConfigError):
        check_url(url, resolve=resolve_literally)


def test_one_bad_address_among_good_ones_is_enough():
    assert check_url("https://example.com", resolve=resolve_as(PUBLIC))

    with pytest.raises(ProviderConfigError, match="not on the public internet"):
        check_url("https://example.com", resolve=resolve_as(PUBLIC, "10.0.0.1"))


@pytest.mark.parametrize(
    ("url", "normalised"),
    [
        ("https://API.GitHub.com/", "https://api.github.com"),
        ("https://api.github.com:443", "https://api.github.com"),
        ("https://api.github.com.", "https://api.github.com"),
        ("https://ghe.example/api/v3/", "https://ghe.example/api/v3"),
        ("https://bücher.example/", "https://xn--bcher-kva.example"),
        ("https://[2606:50c0:8000:0::153]/", "https://[2606:50c0:8000::153]"),
    ],
)
def test_a_saved_address_is_normalised(url, normalised):
    assert check_url(url, resolve=resolve_literally) == normalised


@pytest.mark.parametrize("tail", ["?a=1", "#x", "/" + "a" * 500])
def test_an_api_root_is_an_address_and_nothing_more(tail):
    with pytest.raises(ProviderConfigError):
        check_url("https://example.com/" + tail, resolve=resolve_as(PUBLIC))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9100", "http://GHE.local:9100", "http://[::1]:80"]
)
def test_the_operator_may_list_what_is_inside(url, settings):
    with pytest.raises(ProviderConfigError):
        check_url(url, resolve=resolve_as("127.0.0.1"))
    settings.DIIP_PRIVATE_HOSTS = ["127.0.0.1:9100", "ghe.local:9100", "[::1]:80"]

    assert check_url(url, resolve=resolve_as("127.0.0.1"))


def test_a_listed_host_is_listed_with_its_port_only(settings):
    settings.DIIP_PRIVATE_HOSTS = ["127.0.0.1:9100", "broken", ":1"]

    assert parse_target("http://127.0.0.1:9100/x?y=1").path == "/x?y=1"
    with pytest.raises(ProviderConfigError):
        parse_target("http://127.0.0.1:6379/")


def test_unknown_name_is_reported():
    def unknown(host, port):
        raise OSError

    with pytest.raises(ProviderUnavailable, match=r"example\.com cannot be resolved"):
        check_url("https://example.com", resolve=unknown)


def test_a_refusal_never_repeats_what_was_typed():
    with pytest.raises(ProviderConfigError) as refusal:
        check_url("https://user:hunter2@example.com/", resolve=resolve_as(PUBLIC))

    assert "hunter2" not in str(refusal.value)
