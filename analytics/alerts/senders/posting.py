"""HTTP posting, and the response handling that Slack and webhooks share."""

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
    "The stored URL cannot be decrypted with the current encryption keys. Enter it again (PATCH "
    "this channel with `url`), or put the previous key back into DIIP_ENCRYPTION_KEYS and enable "
    "the channel.",
)
_DELIVERY_UNKNOWN = (502, 504)


def post(
    url: str,
    *,
    content: bytes,
    headers: Mapping[str, str],
    judge: Callable[[Reply], SendResult | None],
) -> SendResult:
    """Post once and classify the response.

    `judge` handles responses specific to the receiver; None falls back to the status.
    """
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
        reason = "The endpoint redirects, which DIIP does not follow. Enter the final URL."
        return SendResult(SendStatus.DOWN, reason, status)
    if status in _DELIVERY_UNKNOWN:
        return SendResult(SendStatus.UNSURE, _reason(status), status, _wait(reply))
    return SendResult(SendStatus.DOWN, _reason(status), status, _wait(reply))


def _reason(status: int) -> str:
    if status == 429:
        return "The endpoint is limiting messages (429)."
    return f"The endpoint answered with status {status}, so the message may not have arrived."


def _wait(reply: Reply) -> timedelta | None:
    given = reply.headers.get("retry-after")
    return read_retry_after(given, timezone.now()) if given else None
