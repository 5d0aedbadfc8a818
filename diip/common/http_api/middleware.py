"""Middleware for all requests and responses."""

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware

from diip.common.errors import DomainError, TooManyRequests
from diip.common.http_api import request_budget
from diip.common.http_api.client_address import client_address
from diip.common.http_api.problem_details import CONTENT_TYPE, Problem, problem_for, to_problem

GetResponse = Callable[[HttpRequest], HttpResponseBase]

API_POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Policy of the admin and API docs pages: own host only, no inline scripts, no eval.

The admin theme has no inline scripts, but its Alpine would need 'unsafe-eval'. It uses another
evaluator instead (`monitoring/static/monitoring/admin_expressions.js`)."""


SECURITY_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


class HeadersMiddleware:
    """Adds security headers to every response and removes the body from HEAD responses.

    Outside Django's security middleware, because refusals by other middleware never reach that
    one. Headers set by a view are kept.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in _headers(request, response).items():
            response.headers.setdefault(name, value)
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.content = b""
        return response


def _headers(request: HttpRequest, response: HttpResponseBase) -> dict[str, str]:
    is_page = response.get("Content-Type", "").startswith("text/html")
    headers = {
        **SECURITY_HEADERS,
        "Content-Security-Policy": PAGE_POLICY if is_page else API_POLICY,
        "Cache-Control": "no-store",
    }
    if settings.SECURE_HSTS_SECONDS and request.is_secure():
        headers["Strict-Transport-Security"] = (
            f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
        )
    return headers


class ProblemMiddleware:
    """Converts every error page under /api/ to a problem document: unknown paths, bad hosts, debug.

    Outside all middleware that may respond; keeps the headers it set.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_error = is_api(request) and response.status_code >= 400
        if is_error and response.get("Content-Type") != CONTENT_TYPE:
            _rewrite(cast("HttpResponse", response))
        return response


def _rewrite(page: HttpResponse) -> None:
    problem = problem_for(page.status_code).response()
    page.content = problem.content
    page.headers["Content-Length"] = str(len(problem.content))
    for name, value in problem.items():
        page.headers[name] = value


class RequestGuardMiddleware:
    """Refuses requests that views or databases cannot handle, such as NUL characters."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        refusal = _refusal(request)
        return self.get_response(request) if refusal is None else _answer(request, refusal)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Convert a DomainError of a page (the sign-in page, for example) to a response."""
        problem = to_problem(error) if isinstance(error, DomainError) else None
        return _answer(request, problem) if problem else None


def _answer(request: HttpRequest, refusal: Problem) -> HttpResponse:
    response = refusal.response()
    if not is_api(request):
        response.content = refusal.detail.encode()
        response["Content-Type"] = "text/plain; charset=utf-8"
    return response


def _refusal(request: HttpRequest) -> Problem | None:
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        # Python knows "encodings" that unpack archives and make surrogates.
        return Problem(status=415, detail="Send the body in UTF-8.")
    if "\0" in request.path_info or _has_nul_in_query(request):
        return Problem(status=400, detail="The address holds a NUL character; remove it.")
    if any("\0" in value for value in request.COOKIES.values()):
        return Problem(status=400, detail="A cookie holds a NUL character; remove it.")
    return None


def _has_nul_in_query(request: HttpRequest) -> bool:
    raw = request.META.get("QUERY_STRING", "")
    return "%00" in raw or "\0" in raw


MACHINE_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths requested from inside, under a pod address or service name."""


class BudgetMiddleware:
    """Rate limit per address; authenticated requests count per account in the authentication.

    An unverified header does not bypass the limit: only paths that always check the token leave
    the counting to it.
    """

    counted_by_account = "/api/projects/"
    counted_by_others = ("/healthz", "/readyz", "/metrics", "/api/webhooks/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        has_token = request.headers.get("Authorization", "").startswith("Bearer ")
        if path.startswith(self.counted_by_others) or (
            has_token and path.startswith(self.counted_by_account)
        ):
            return self.get_response(request)
        try:
            request_budget.spend_request(f"address {client_address(request)}")
        except TooManyRequests as refusal:
            return _answer(request, to_problem(refusal) or problem_for(429))
        return self.get_response(request)


class SlashMiddleware(CommonMiddleware):
    """Refuses foreign hosts and redirects reads without a trailing slash.

    A write without the slash gets 404. Machine paths accept any host, because their responses
    contain no links or cookies.
    """

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if request.path_info in MACHINE_PATHS:
            return None
        return super().process_request(request)

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        if is_api(request) and request.method not in ("GET", "HEAD"):
            return False
        return super().should_redirect_with_slash(request)
