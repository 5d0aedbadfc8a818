"""Client address of a request."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(request: HttpRequest) -> str:
    """Return the client's IPv4 address, or the /64 network of its IPv6 address.

    X-Forwarded-For is read only behind NUM_PROXIES own proxies, and only the entry written by the
    outermost of them: clients can forge the entries to its left.
    """
    address = client_ip(request)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), 64), strict=False))
    return str(address or "unknown")


def client_ip(request: HttpRequest) -> Address | None:
    """Return the exact address; None for a Unix socket."""
    peer = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    proxies = settings.NUM_PROXIES or 0
    written_by_us = forwarded[-proxies].strip() if 0 < proxies <= len(forwarded) else ""
    return _parse(written_by_us) or _parse(peer)


def _parse(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
