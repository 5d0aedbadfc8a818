"""Guard of outgoing addresses: public hosts, and private hosts listed by the operator.

A URL's syntax is checked when it is saved and on each request; its name is resolved, all addresses
are checked, and the connection goes to an address that passed. This defeats DNS rebinding.
"""

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

import idna
from django.conf import settings

from integrations.providers.contract.base import ProviderConfigError, ProviderUnavailable

Resolver = Callable[[str, int], Sequence[str]]
"""Function from (name, port) to addresses; raises OSError if the name cannot be resolved."""

MAX_BASE_URL = 500
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

# Python calls these global, at least in some versions; none is an ordinary public host.
_NOT_PLAINLY_PUBLIC = tuple(
    ip_network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
        "64:ff9b::/96",  # NAT64: reaches any IPv4 address, also the cloud's metadata
        "64:ff9b:1::/48",
        "2001::/23",  # Teredo and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
        "fec0::/10",
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """URL with allowed syntax; its addresses are checked separately."""

    scheme: str
    host: str
    """Host in lower-case ASCII; an IPv6 address has no brackets."""
    port: int
    path: str
    """Path and query; begins with a slash."""
    is_listed: bool
    """Set if the operator allows this host even with a private address."""

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @property
    def url(self) -> str:
        return self.origin + self.path


def parse_target(url: str) -> Target:
    """Parse a URL. Raises ProviderConfigError if its syntax is not allowed."""
    parts = _split(url)
    host = _normalise_host(parts.hostname or "")
    scheme = parts.scheme
    port = parts.port if parts.port is not None else _DEFAULT_PORTS[scheme]
    is_listed = (host, port) in _listed_hosts()
    if not is_listed and (scheme, port) != ("https", 443):
        raise ProviderConfigError(
            "The address must begin with https:// and use port 443. "
            "The operator must allow another port or plain http (DIIP_PRIVATE_HOSTS)."
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme=scheme, host=host, port=port, path=path, is_listed=is_listed)


def check_url(url: str, *, resolve: Resolver | None = None) -> str:
    """Check an API root before it is saved; return it normalised, without trailing slash."""
    target = parse_target(url)
    if "?" in url or "#" in url or len(url) > MAX_BASE_URL:
        raise ProviderConfigError(
            f"The address must have no query or fragment and at most {MAX_BASE_URL} characters."
        )
    resolve_allowed(target, resolve or resolve_name)
    return target.url.rstrip("/")


def resolve_allowed(target: Target, resolve: Resolver) -> list[str]:
    """Return all addresses of a target.

    Raises ProviderConfigError if an unlisted host has a non-public address, ProviderUnavailable if
    the name cannot be resolved.
    """
    try:
        addresses = list(resolve(target.host, target.port))
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise ProviderUnavailable(
            f"The name {target.host} cannot be resolved. Check its spelling, or try again later."
        )
    if not target.is_listed and not all(is_public(address) for address in addresses):
        raise ProviderConfigError(
            f"{target.host} is not on the public internet. A tracker inside your network must be "
            "listed by the operator as host:port in DIIP_PRIVATE_HOSTS."
        )
    return addresses


def resolve_name(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Return True for an ordinary public address; Python's own flags are not enough."""
    try:
        ip = _unwrap(ip_address(address))
    except ValueError:
        return False
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_link_local:
        return False
    return not any(ip in network for network in _NOT_PLAINLY_PUBLIC)


def _unwrap(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address inside a mapped one (`::ffff:127.0.0.1`)."""
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip


def _split(url: str) -> SplitResult:
    # urlsplit silently drops tabs and newlines, so they are checked first.
    if any(character <= " " or character in "\\\x7f" for character in url):
        raise _not_an_address()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _not_an_address() from None
    if parts.scheme not in _DEFAULT_PORTS or port == 0:
        raise _not_an_address()
    if "@" in parts.netloc or "%" in parts.netloc:
        raise ProviderConfigError("The address must have no user name, password or % in its host.")
    return parts


def _normalise_host(host: str) -> str:
    """Return the host in lower-case ASCII; refuse ambiguous addresses like `0x7f.1`."""
    if ":" in host:
        return str(_literal(host))
    name = _to_ascii(host).removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return str(_literal(name))
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _not_an_address()
    return name


def _to_ascii(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise _not_an_address() from None


def _literal(host: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(host)
    except ValueError:
        raise _not_an_address() from None


def _not_an_address() -> ProviderConfigError:
    return ProviderConfigError(
        "This is not the address of a web API. Give one like https://api.github.com."
    )


def _listed_hosts() -> set[tuple[str, int]]:
    listed = set()
    for entry in settings.DIIP_PRIVATE_HOSTS:
        host, _, port = entry.strip().rpartition(":")
        if host and port.isdecimal():
            listed.add((host.strip("[]").lower().removesuffix("."), int(port)))
    return listed
