"""Posting to an endpoint, and what its answer means where Slack and others agree."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.utils import timezone

from analytics.alerts.send_result import SENT, SendResult, SendStatus
from integrations.http.session import UnknownDelivery, post_once
from integrations.http.transport import Reply
from integrations.providers.contract.base import ProviderError
from integrations.providers.parsing.retry_after import read_retry_after

UNREADABLE = SendResult(
    SendStatus.BROKEN,
    "The stored address cannot be read with the present encryption keys. Enter it again (PATCH "
    "this channel with `url`), or put the former key back into DIIP_ENCRYPTION_KEYS and enable "
    "the channel.",
)
_MAY_HAVE_PASSED_IT_ON = (502, 504)


def post(
    url: str,
    *,
    content: bytes,
    headers: Mapping[str, str],
    judge: Callable[[Reply], SendResult | None],
) -> SendResult:
    """`judge` says what an answer means where it means more than its status does."""
    try:
        reply = post_once(url, content=content, headers=headers)
    except UnknownDelivery as error:
        return SendResult(SendStatus.UNSURE, error.message)
    except ProviderError as error:
        return SendResult(SendStatus.DOWN, error.message)
    return judge(reply) or _judge(reply)


def _judge(reply: Reply) -> SendResult:
    status = reply.status
    if 200 <= status < 300:
        return SendResult(SENT.verdict, status_code=status)
    if 300 <= status < 400:
        reason = "It answers with a redirect, which is not followed. Enter the final address."
        return SendResult(SendStatus.DOWN, reason, status)
    if status in _MAY_HAVE_PASSED_IT_ON:
        return SendResult(SendStatus.UNSURE, _words(status), status, _wait(reply))
    return SendResult(SendStatus.DOWN, _words(status), status, _wait(reply))


def _words(status: int) -> str:
    if status == 429:
        return "It takes no more messages for the moment (429)."
    return f"It answers with status {status} instead of taking the message."


def _wait(reply: Reply) -> timedelta | None:
    told = reply.headers.get("retry-after")
    return read_retry_after(told, timezone.now()) if told else None
