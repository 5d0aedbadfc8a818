"""Endpoint `/metrics` for Prometheus."""

import ipaddress
import secrets
import time
from collections.abc import Iterator

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from diip.common.http_api.client_address import client_ip
from monitoring import prometheus
from monitoring.health import recent_report
from monitoring.prometheus.request_metrics import counts


class AllMetrics(Collector):
    """Collector of all metrics; request metrics come first, since they need no server."""

    def collect(self) -> Iterator[Metric]:
        begun = time.monotonic()
        yield from counts.collect()
        yield from prometheus.collect(recent_report())
        seconds = time.monotonic() - begun
        yield GaugeMetricFamily("diip_scrape_seconds", "Duration of this scrape.", value=seconds)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return all metrics; 404 to unauthorised clients."""
    if not may_scrape(request):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(AllMetrics())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def may_scrape(request: HttpRequest) -> bool:
    return _has_token(request) or (_is_allowed_address(request) and _has_allowed_host(request))


def _has_token(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = settings.DIIP_METRICS_TOKEN
    is_same = secrets.compare_digest(given.strip().encode(), token.encode())
    return bool(token) and scheme.lower() == "bearer" and is_same


def _has_allowed_host(request: HttpRequest) -> bool:
    """Check the Host header: prevents DNS rebinding through a browser in the network."""
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def _is_allowed_address(request: HttpRequest) -> bool:
    address = client_ip(request)
    return address is not None and any(
        ipaddress.ip_address(address) in network for network in settings.DIIP_METRICS_ALLOWED
    )
