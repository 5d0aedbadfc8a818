"""Binding of trace ids to requests, and their transfer in Celery message headers."""

import re
import time
import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_structlog.celery import signals as task_signals
from django_structlog.celery.receivers import CeleryReceiver
from django_structlog.middlewares import RequestMiddleware

from diip.common.http_api.client_address import client_address
from diip.common.observability.context import CARRIED, bind, bind_address, clear, context
from diip.common.observability.scrubbing import scrub_text

_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def request_id_of(request: HttpRequest) -> str:
    """Return the given X-Request-ID if well-formed and not a secret; else a new one."""
    given = request.headers.get("X-Request-ID", "")
    if _WELL_FORMED.fullmatch(given) and scrub_text(given) == given:
        return given
    return str(uuid.uuid4())


class TraceMiddleware(RequestMiddleware):
    """Middleware that logs one line per request and returns its id as X-Request-ID."""

    def prepare(self, request: HttpRequest) -> None:
        clear()
        request.trace_started = time.monotonic()  # type: ignore[attr-defined]
        bind(request_id=request_id_of(request))
        bind_address(client_address(request))

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        response.headers["X-Request-ID"] = context().get("request_id", "")
        seconds = time.monotonic() - request.trace_started  # type: ignore[attr-defined]
        bind(duration_ms=round(seconds * 1000))
        super().handle_response(request, response)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]
    ) -> None:
        """Bind project and session user; API authentication binds token users."""
        if "project_id" in kwargs:
            bind(project_id=kwargs["project_id"])
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not _is_api(request):
            self.bind_user_id(request)

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        user = getattr(request, "user", None)
        if user is not None and user.pk is not None:
            bind(user_id=user.pk)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Format without the query, which contains search text."""
        return f"{request.method} {request.path}"


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


class TaskTrace(CeleryReceiver):
    """Receiver that adds ids to task messages and binds them in the worker."""

    def receiver_task_prerun(self, task_id: str, task: Any, *args: Any, **kwargs: Any) -> None:
        clear()
        super().receiver_task_prerun(task_id, task, *args, **kwargs)

    def get_task_context(self) -> dict[str, Any]:
        return {name: value for name, value in context().items() if name in CARRIED}


def bind_task(task: Any, **kwargs: object) -> None:
    bind(task=task.name)
    if task.request.parent_id:
        bind(parent=task.request.parent_id)


_receiver = TaskTrace()


def trace_tasks() -> None:
    """Connect the receivers; needed in every process that sends or runs tasks."""
    _receiver.connect_worker_signals()
    task_signals.bind_extra_task_metadata.connect(bind_task)
