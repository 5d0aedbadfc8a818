"""Payloads of alert messages: webhook bodies, and the source of other texts.

Documented in docs/api.md. Raise VERSION when a field is removed or changes its meaning.
"""

from datetime import datetime
from typing import Any

import msgspec

from analytics.models import Alert, AlertChannel, AlertMessage
from projects.models import Project

VERSION = 1
TEST_TEXT = "This is a test message: the channel works."


class ProjectPart(msgspec.Struct, frozen=True):
    id: int
    name: str


class AlertPart(msgspec.Struct, frozen=True):
    id: int
    revision: int
    topic: str
    subject: str
    level: str
    state: str
    title: str
    body: str
    opened_at: datetime
    resolved_at: datetime | None
    details: dict[str, Any]


class Data(msgspec.Struct, frozen=True):
    project: ProjectPart
    alert: AlertPart | None
    message: str


class Payload(msgspec.Struct, frozen=True):
    """Stored payload; `encode` adds `type`: `test` or `alert.` and the event."""

    version: int
    timestamp: datetime
    data: Data


class _Body(Payload, frozen=True):
    type: str


def write_alert(alert: Alert, project: Project, now: datetime) -> dict[str, Any]:
    part = AlertPart(
        id=alert.pk,
        revision=alert.revision,
        topic=alert.topic,
        subject=alert.subject_key,
        level=alert.level,
        state=alert.state,
        title=alert.title,
        body=alert.body,
        opened_at=alert.opened_at,
        resolved_at=alert.resolved_at,
        details=alert.details,
    )
    return _write(Data(_project(project), part, alert.body), now)


def write_test(channel: AlertChannel, now: datetime) -> dict[str, Any]:
    return _write(Data(_project(channel.project), None, TEST_TEXT), now)


def read(message: AlertMessage) -> Payload:
    return msgspec.convert(message.payload, Payload)


def encode(message: AlertMessage) -> bytes:
    """Return the webhook body: the same bytes in every attempt."""
    payload = read(message)
    kind = message.event if message.event == AlertMessage.Event.TEST else f"alert.{message.event}"
    return msgspec.json.encode(_Body(payload.version, payload.timestamp, payload.data, kind))


def _project(project: Project) -> ProjectPart:
    return ProjectPart(project.pk, project.name)


def _write(data: Data, now: datetime) -> dict[str, Any]:
    written: dict[str, Any] = msgspec.to_builtins(Payload(VERSION, now, data))
    return written
