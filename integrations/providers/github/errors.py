"""Mapping of GitHub's error replies by status and headers, in the order GitHub documents.

https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from integrations.providers.contract.base import (
    HttpResponse,
    ProviderAccessDenied,
    ProviderAuthError,
    ProviderConfigError,
    ProviderError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderResponseError,
    Scope,
)
from integrations.providers.parsing.dates import read_http_date
from integrations.providers.parsing.retry_after import DEFAULT_WAIT, bounded, read_retry_after

_PARTIAL_RESULTS = (
    "GitHub omitted data of organisations with single sign-on. "
    "Authorise the token for them in GitHub's token settings."
)
_EXPIRY_FORMATS = ("%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S %z")
_REFUSALS: dict[int, tuple[type[ProviderError], str]] = {
    404: (
        ProviderNotFound,
        "{scope} does not exist or this token cannot see it: check name and token rights.",
    ),
    410: (ProviderConfigError, "Issues are disabled in {scope}, or GitHub removed it."),
    422: (ProviderResponseError, "GitHub rejected this request for {scope} as invalid (422)."),
    451: (ProviderAccessDenied, "GitHub blocks {scope} for legal reasons."),
}


def error_for(response: HttpResponse, scope: Scope) -> ProviderError:
    """Return the error for a reply other than 200."""
    status, headers = response.status, response.headers
    if status == 401:
        return _unauthorised(scope)
    wait = ordered_wait(response)
    if wait is not None:
        hint = "" if scope.token else " A token raises the limit."
        return ProviderRateLimited(f"GitHub's request limit is reached.{hint}", retry_after=wait)
    if status == 403:
        return _forbidden(headers, scope)
    if status in _REFUSALS:
        kind, message = _REFUSALS[status]
        return kind(message.format(scope=scope.scope))
    return ProviderResponseError(f"GitHub sent an unexpected reply (status {status}).")


def ordered_wait(response: HttpResponse) -> timedelta | None:
    """Return the ordered wait; None if the reply is not about request limits."""
    status, headers = response.status, response.headers
    if status not in (403, 429) and status < 500:
        return None
    now = read_http_date(headers.get("date", "")) or datetime.now(UTC)
    if "retry-after" in headers:
        return read_retry_after(headers["retry-after"], now)
    if headers.get("x-ratelimit-remaining", "").strip() == "0":
        return _until_reset(headers.get("x-ratelimit-reset", ""), now)
    if status == 429 or _is_secondary_limit(response.body):
        return DEFAULT_WAIT
    return None


def read_expiry(text: str) -> datetime | None:
    """Parse the `github-authentication-token-expiration` header in both its forms."""
    for form in _EXPIRY_FORMATS:
        try:
            date = datetime.strptime(text.strip(), form)  # noqa: DTZ007 (the next line)
            return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def sso_note(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return a note if GitHub omits organisations for lack of single sign-on."""
    if not headers.get("x-github-sso", "").startswith("partial-results"):
        return ()
    return (_PARTIAL_RESULTS,)


def _unauthorised(scope: Scope) -> ProviderAuthError:
    if scope.token:
        return ProviderAuthError(
            "GitHub rejected the token: it is wrong, expired or revoked. Enter a new token."
        )
    return ProviderAuthError("GitHub requires a token here. Enter a token.")


def _forbidden(headers: Mapping[str, str], scope: Scope) -> ProviderAccessDenied:
    sso = headers.get("x-github-sso", "")
    if sso.startswith("required"):
        return ProviderAccessDenied(
            "The organisation requires single sign-on for this token. Authorise the token: "
            + _sso_url(sso, scope)
        )
    needed = re.sub(r"[^a-z_=,; ]", "", headers.get("x-accepted-github-permissions", ""))[:200]
    if needed:
        return ProviderAccessDenied(
            f"The token lacks a permission for {scope.scope}. GitHub accepts: {needed}."
        )
    return ProviderAccessDenied(
        f"GitHub does not let this token read {scope.scope}. Give it read access to the "
        "repository's issues and metadata."
    )


def _sso_url(header: str, scope: Scope) -> str:
    """Return the link from the header if it points to GitHub."""
    found = re.search(r"url=(https://[!-~]{1,500})", header)
    host = urlsplit(scope.base_url).hostname or ""
    if found and urlsplit(found[1]).hostname in {"github.com", host, host.removeprefix("api.")}:
        return found[1]
    return "see the token's settings on GitHub."


def _until_reset(text: str, now: datetime) -> timedelta:
    text = text.strip()
    is_number = text.isascii() and text.isdecimal() and len(text) <= 12
    return bounded(int(text) - now.timestamp() + 1) if is_number else DEFAULT_WAIT


def _is_secondary_limit(body: bytes) -> bool:
    """Detect a secondary limit by `documentation_url`: it may come without headers."""
    try:
        refusal = json.loads(body[:10_000])
    except (ValueError, RecursionError):
        return False
    url = refusal.get("documentation_url") if isinstance(refusal, dict) else None
    return isinstance(url, str) and "rate-limit" in url
