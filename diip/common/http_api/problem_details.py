"""Problem documents (RFC 9457), the format of every error under /api/.

Errors of services (`DomainError`), DRF and Django become a `Problem` here. A problem never contains
a traceback, a host name or the text of a foreign exception.
"""

import logging
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from rest_framework import exceptions

from diip.common.database.limits import TookTooLong
from diip.common.database.silence import silence
from diip.common.errors import (
    DomainError,
    Forbidden,
    InvalidInput,
    NotFound,
    TooExpensive,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from diip.common.http_api.renderers import encode_json

CONTENT_TYPE = "application/problem+json"
DATABASE_DOWN = (OperationalError, InterfaceError)
"""Errors of a database that does not respond or timed out."""

logger = logging.getLogger(__name__)


class Words(NamedTuple):
    code: str
    title: str
    detail: str


# Our own texts: Python's change between versions, and programs rely on the codes.
_WORDS = {
    400: Words("bad_request", "Bad request", "DIIP cannot read this request."),
    401: Words(
        Unauthenticated.code,
        Unauthenticated.title,
        "Send a valid access token: `Authorization: Bearer <access>`.",
    ),
    403: Words(Forbidden.code, Forbidden.title, "Ask a project member with a higher role."),
    404: Words(
        NotFound.code,
        NotFound.title,
        "Nothing exists here, or you have no access. All paths end with a slash.",
    ),
    405: Words(
        "method_not_allowed",
        "Method not allowed",
        "This method is not supported here. The `Allow` header lists the supported ones.",
    ),
    406: Words(
        "not_acceptable",
        "Format not available",
        "The Accept header excludes all formats of this response.",
    ),
    413: Words("too_large", "Body too large", "The body is larger than DIIP accepts."),
    415: Words("unsupported_media_type", "Body not readable", "Send JSON in UTF-8."),
    429: Words(TooManyRequests.code, TooManyRequests.title, "Wait before the next request."),
    500: Words("server_error", "Server error", "DIIP failed. The error has been logged."),
    503: Words(
        Unavailable.code,
        Unavailable.title,
        "The database does not respond at the moment. Try again in a few seconds.",
    ),
}


class FieldError(msgspec.Struct, frozen=True):
    """Refused value; `field` is None if the fault concerns no single field."""

    field: str | None
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Problem before serialisation; `extra` adds members beside the standard ones."""

    status: int
    detail: str
    code: str = ""
    title: str = ""
    errors: tuple[FieldError, ...] = ()
    extra: Mapping[str, object] = msgspec.field(default_factory=dict)
    retry_after: int | None = None

    def body(self) -> bytes:
        words = _words(self.status)
        code = self.code or words.code
        document: dict[str, object] = {
            **self.extra,
            "type": f"urn:diip:problem:{code}",
            "title": self.title or words.title,
            "status": self.status,
            "detail": self.detail,
            "code": code,
        }
        if self.errors:
            document["errors"] = self.errors
        return encode_json(document)

    def response(self) -> HttpResponse:
        response = HttpResponse(self.body(), status=self.status, content_type=CONTENT_TYPE)
        if self.status == 401:
            response["WWW-Authenticate"] = 'Bearer realm="api"'
        if self.retry_after is not None:
            response["Retry-After"] = str(self.retry_after)
        return response


TOOK_TOO_LONG = Problem(
    status=503,
    code=TooExpensive.code,
    title=TooExpensive.title,
    detail="The query was stopped at its time limit. Use a shorter time range, add filters, "
    "or search for fewer and rarer words.",
)
"""Problem without `Retry-After`: the same query would take as long again."""


def exception_handler(error: Exception, context: Mapping[str, object]) -> HttpResponse | None:
    """Convert an error for DRF; None for unexpected ones, which are logged and become 500."""
    problem = to_problem(error)
    if isinstance(error, TookTooLong):
        logger.warning("Statement cancelled at its time limit", exc_info=error)
    elif isinstance(error, DATABASE_DOWN):
        # During an outage all requests fail in the same place: one traceback is enough.
        logger.error("The database does not respond", exc_info=None if silence.lasts else error)
    return problem.response() if problem else None


def to_problem(error: Exception) -> Problem | None:
    """Return the problem of an error; None for an unexpected error."""
    if isinstance(error, DomainError):
        return _of_domain(error)
    if isinstance(error, exceptions.ValidationError):
        return _of_validation(error)
    if isinstance(error, exceptions.APIException):
        return _of_drf(error)
    if isinstance(error, TookTooLong):
        return TOOK_TOO_LONG
    if isinstance(error, DATABASE_DOWN):
        return problem_for(503)
    return _of_django(error)


def problem_for(status: int) -> Problem:
    """Return the default problem of a status."""
    retry_after = 5 if status == 503 else None
    return Problem(status=status, detail=_words(status).detail, retry_after=retry_after)


def _of_domain(error: DomainError) -> Problem:
    field = error.field if isinstance(error, InvalidInput) else None
    return Problem(
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.message,
        errors=(FieldError(field, error.message),) if field else (),
        extra=error.extra,
        retry_after=getattr(error, "retry_after", None),
    )


def _of_validation(error: exceptions.ValidationError) -> Problem:
    errors = tuple(_flatten(error.detail))
    return Problem(
        status=error.status_code,
        code=InvalidInput.code,
        title=InvalidInput.title,
        detail=" ".join(_sentence(fault) for fault in errors[:3]),
        errors=errors,
    )


def _flatten(detail: object, path: str = "") -> Iterator[FieldError]:
    """Flatten DRF's nested messages; nested fields are named like `labels.0`."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            own = path if key == "non_field_errors" else f"{path}.{key}".lstrip(".")
            yield from _flatten(value, own)
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            yield from _flatten(value, f"{path}.{index}".lstrip(".") if nested else path)
    else:
        yield FieldError(path or None, str(detail))


def _sentence(fault: FieldError) -> str:
    return f"{fault.field}: {fault.message}" if fault.field else fault.message


def _of_drf(error: exceptions.APIException) -> Problem:
    wait = getattr(error, "wait", None)
    # simplejwt wraps its message in a dict, whose other values name classes.
    detail = error.detail.get("detail") if isinstance(error.detail, dict) else error.detail
    is_generic = detail == error.default_detail
    return Problem(
        status=error.status_code,
        detail=_words(error.status_code).detail if is_generic else str(detail),
        retry_after=None if wait is None else int(wait),
    )


def _of_django(error: Exception) -> Problem | None:
    if isinstance(error, Http404):
        return problem_for(404)
    if isinstance(error, PermissionDenied):
        return problem_for(403)
    if isinstance(error, RequestDataTooBig):
        return problem_for(413)
    if isinstance(error, SuspiciousOperation | BadRequest | UnreadablePostError):
        return problem_for(400)
    return None


def _words(status: int) -> Words:
    return _WORDS.get(status, _WORDS[500 if status >= 500 else 400])
