"""Faults of status, headers and connection."""

import re
from collections.abc import Mapping
from email.utils import formatdate

from simulator.web import Reply, json_reply

from .faulty import Case, Fault

_DOCS = "https://docs.github.com/rest"
_LIMIT_DOCS = f"{_DOCS}/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits"
_GATEWAY_PAGE = b"<html><head><title>Unicorn!</title></head><body><h1>502</h1></body></html>"


def _problem(
    status: int, message: str, headers: Mapping[str, str] | None = None, docs: str = _DOCS
) -> Reply:
    body = {"message": message, "documentation_url": docs, "status": str(status)}
    return json_reply(status, body, headers)


# --- statuses -----------------------------------------------------------------------------------


def status(case: Case) -> Reply:
    """Any status: `status` (500), `retry_after` (text, as it is); `echo` repeats the headers."""
    code = int(case.options.get("status", 500))
    retry_after = case.options.get("retry_after")
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if code in {502, 504}:
        return Reply(code, _GATEWAY_PAGE, headers | {"Content-Type": "text/html"})
    message = "Server Error" if code >= 500 else "Refused"
    if case.options.get("echo"):
        message += f" {dict(case.request.headers)}"
    return _problem(code, message, headers)


def primary_limit(case: Case) -> Reply:
    """The hour's quota is used up: `status` (403), `resets_in` seconds (1800; may be negative)."""
    resets_at = case.clock.now() + int(case.options.get("resets_in", 1800))
    headers = {
        "X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Used": "5000",
        "X-RateLimit-Reset": str(resets_at), "X-RateLimit-Resource": "core",
    }  # fmt: skip
    code = int(case.options.get("status", 403))
    return _problem(code, "API rate limit exceeded for user ID 1.", headers)


def secondary_limit(case: Case) -> Reply:
    """Too fast: `status` (403), `retry_after` (60; None leaves it out; `http-date`; any text)."""
    value = case.options.get("retry_after", 60)
    if value == "http-date":
        value = formatdate(case.clock.now() + 60, usegmt=True)
    headers = {} if value is None else {"Retry-After": str(value)}
    headers |= {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4711"}
    message = (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    )
    return _problem(int(case.options.get("status", 403)), message, headers, _LIMIT_DOCS)


def bad_token(_: Case) -> Reply:
    """401, as for a revoked token."""
    return _problem(401, "Bad credentials")


def forbidden(case: Case) -> Reply:
    """403 that names the missing right: `permissions` (issues=read)."""
    wanted = str(case.options.get("permissions", "issues=read"))
    message = "Resource not accessible by personal access token"
    return _problem(403, message, {"X-Accepted-GitHub-Permissions": wanted})


def sso_required(_: Case) -> Reply:
    """403: the organisation wants the token authorised for single sign-on."""
    url = "https://github.com/orgs/octo/sso?authorization_request=A1"
    message = "Resource protected by organization SAML enforcement."
    return _problem(403, message, {"X-GitHub-SSO": f"required; url={url}"})


def not_found(_: Case) -> Reply:
    """404, as for a repository that is gone or has become private."""
    return _problem(404, "Not Found")


def gone(_: Case) -> Reply:
    """410: issues were switched off."""
    return _problem(410, "Issues has been disabled in this repository.")


def legal(_: Case) -> Reply:
    """451: taken down by a court or a notice."""
    return _problem(451, "Repository access blocked")


def redirect(case: Case) -> Reply:
    """301: `to` is `loop` (itself), `ring` (two that point at each other), or an address."""
    to = str(case.options.get("to", "loop"))
    target = {"loop": case.request.url, "ring": _ring(case)}.get(to, to)
    headers = {"Location": target}
    return _problem(int(case.options.get("status", 301)), "Moved Permanently", headers)


def _ring(case: Case) -> str:
    url = case.request.url
    if "ring=1" in url:
        return re.sub(r"[?&]ring=1", "", url)
    return url + ("&" if "?" in url else "?") + "ring=1"


# --- headers ------------------------------------------------------------------------------------


def clock_skew(case: Case) -> Reply:
    """The Date header is wrong by `seconds` (3600)."""
    reply = case.serve()
    moment = case.clock.exact() + float(case.options.get("seconds", 3600))
    reply.headers["Date"] = formatdate(moment, usegmt=True)
    return reply


def no_date(case: Case) -> Reply:
    """No Date header."""
    reply = case.serve()
    reply.headers["Date"] = ""
    return reply


def no_quota(case: Case) -> Reply:
    """No quota headers, as GitHub Enterprise without limits."""
    reply = case.serve()
    reply.headers = {k: v for k, v in reply.headers.items() if not k.startswith("X-RateLimit")}
    return reply


# --- connections --------------------------------------------------------------------------------


def latency(case: Case) -> Reply:
    """Right, but late by `milliseconds` (200)."""
    reply = case.serve()
    reply.seconds += float(case.options.get("milliseconds", 200)) / 1000
    return reply


def reset(case: Case) -> Reply:
    """The connection is reset."""
    return Reply(0, transport="reset")


def hang(case: Case) -> Reply:
    """Accepted and never answered; given up after `seconds` (120)."""
    return Reply(0, transport="hang", seconds=float(case.options.get("seconds", 120)))


def drip(case: Case) -> Reply:
    """A few bytes every `seconds` (0.5), without an end in sight."""
    reply = case.serve()
    reply.transport, reply.seconds = "drip", float(case.options.get("seconds", 0.5))
    return reply


def cut(case: Case) -> Reply:
    """The connection ends in the middle of the body."""
    reply = case.serve()
    reply.transport = "cut"
    return reply


def wrong_length(case: Case) -> Reply:
    """Content-Length is off by `by` bytes (-200: the body seems cut off)."""
    reply = case.serve()
    reply.length = max(len(reply.body) + int(case.options.get("by", -200)), 0)
    return reply


REPLY_FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        status, primary_limit, secondary_limit, bad_token, forbidden, sso_required,
        not_found, gone, legal, redirect, clock_skew, no_date, no_quota, latency, reset, hang, drip,
        cut, wrong_length,
    )
}  # fmt: skip
