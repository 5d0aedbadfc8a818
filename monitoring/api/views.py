"""Liveness and readiness probes: public, without hosts or versions."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from monitoring.health import find_what_is_down


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Respond without checks: a database that is down is no reason to restart."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    down = find_what_is_down()
    if down:
        return JsonResponse({"status": "unavailable", "down": down}, status=503)
    return JsonResponse({"status": "ok"})
