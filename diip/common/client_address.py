"""Whose request it is, as far as an address can tell."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's IPv4 address, or the /64 network of its IPv6 address.

    X-Forwarded-For is read only behind NUM_PROXIES proxies of ours, and only the entry that the
    outermost of them wrote: what stands left of it anybody can write.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    proxies = settings.NUM_PROXIES or 0
    written_by_us = forwarded[-proxies].strip() if 0 < proxies <= len(forwarded) else ""
    return _network(written_by_us) or _network(peer) or "unknown"


def _network(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))
