"""Reports of unexpected errors to Sentry: the error and its ids, no personal data.

Events are rebuilt from an allow list, so that a new SDK version cannot send more. The operator sets
the address (`SENTRY_DSN`), never a user. It may be internal, so the guard of outgoing addresses
does not apply.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import urlsplit

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.threading import ThreadingIntegration
from sentry_sdk.types import Event, Hint

from diip.common.errors import DomainError
from diip.common.observability.context import context
from diip.common.observability.scrubbing import scrub

TAGS: Final = ("request_id", "task", "task_id", "run_id", "project_id", "integration_id")
HEADERS: Final = {"content-type", "content-length", "accept"}
KEPT: Final = (
    "event_id", "type", "timestamp", "start_timestamp", "level", "platform", "release",
    "environment", "transaction", "transaction_info", "sdk",
)  # fmt: skip
FRAME: Final = (
    "filename", "function", "module", "lineno", "in_app", "pre_context", "context_line",
    "post_context",
)  # fmt: skip
SPAN: Final = ("trace_id", "span_id", "parent_span_id", "op", "status", "timestamp")
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")


def start_reports(*, dsn: str, environment: str, release: str, traces_sample_rate: float) -> None:
    """Start Sentry in this process; without a DSN, do nothing."""
    if not dsn:
        return
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        traces_sample_rate=traces_sample_rate or None,
        # Only these: the default integrations also change requests to trackers.
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            DjangoIntegration(signals_spans=False),
            CeleryIntegration(propagate_traces=False),
            ExcepthookIntegration(),
            ThreadingIntegration(),
            DedupeIntegration(),
            AtexitIntegration(callback=lambda pending, timeout: None),
        ],
        trace_propagation_targets=[],
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=before_send,
        before_send_transaction=build_event,
    )


def before_send(event: Event, hint: Hint) -> Event | None:
    """Drop DomainErrors and tracker failures, which are no faults of DIIP."""
    error = (hint.get("exc_info") or (None, None))[1]
    if isinstance(error, DomainError) or _is_of_a_tracker(error):
        return None
    return build_event(event, hint)


def _is_of_a_tracker(error: BaseException | None) -> bool:
    """Check the class by name, because this module is below the one that defines it."""
    return any(kind.__name__ == "ProviderError" for kind in type(error).__mro__)


def build_event(event: Event, hint: Hint) -> Event:
    given = cast("Mapping[str, Any]", event)
    ids = context()
    built: dict[str, Any] = {name: given[name] for name in KEPT if name in given}
    built["tags"] = {name: str(ids[name]) for name in TAGS if name in ids}
    if "user_id" in ids:
        built["user"] = {"id": str(ids["user_id"])}
    if "exception" in given:
        built["exception"] = {"values": _exceptions(given["exception"].get("values") or [])}
    if "request" in given:
        built["request"] = _request(given["request"])
    if "trace" in given.get("contexts", {}):
        built["contexts"] = {"trace": _pick(given["contexts"]["trace"], SPAN)}
    if "spans" in given:
        names = (*SPAN, "start_timestamp")
        built["spans"] = [
            _pick(span, names) for span in given["spans"] if isinstance(span, Mapping)
        ]
    return cast("Event", _without_emails(scrub(built)))


def _exceptions(values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "type": value.get("type"),
            "value": value.get("value"),
            "module": value.get("module"),
            "stacktrace": {"frames": [_pick(frame, FRAME) for frame in _frames(value)]},
        }
        for value in values
    ]


def _frames(value: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return (value.get("stacktrace") or {}).get("frames") or []


def _request(given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep method, path and safe headers; drop host, query, body and cookies."""
    headers = {
        name: value
        for name, value in (given.get("headers") or {}).items()
        if name.lower() in HEADERS
    }
    path = urlsplit(str(given.get("url", ""))).path
    return {"method": given.get("method"), "url": path, "headers": headers}


def _pick(given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


def _without_emails(value: object) -> object:
    if isinstance(value, str):
        return _EMAIL.sub("***@***", value)
    if isinstance(value, Mapping):
        return {name: _without_emails(item) for name, item in value.items()}
    return [_without_emails(item) for item in value] if isinstance(value, list) else value
