"""Fake tracker with its own signature scheme, and a sender of its deliveries."""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from integrations.models import Integration
from integrations.providers.contract.base import (
    IssueRef,
    ProviderResponseError,
    Scope,
    WebhookNotice,
)

NUMBER_ONE = (("101", "#1"),)


def sign(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


class FakeReader:
    """Webhook reader for `{"event": …, "issues": [[id, key], …], "scope": true}`."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
        given = headers.get("x-signature", "").encode("utf-8", "surrogatepass")
        return any(hmac.compare_digest(sign(one, body).encode(), given) for one in secrets)

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookNotice:
        try:
            told = json.loads(body)
        except ValueError:
            raise ProviderResponseError("The body is not JSON.") from None
        return WebhookNotice(
            delivery_id=headers.get("x-delivery", ""),
            event=told.get("event", "issues"),
            issues=tuple(IssueRef(source_issue_id=i, key=key) for i, key in told["issues"]),
            concerns_scope=told.get("scope", False),
        )

    def steps(self, *, scope: Scope, web_url: str, url: str, secret: str) -> tuple[str, ...]:
        return (f"Open {web_url} of {scope.scope}.", f"Deliver to {url}.", f"Secret: {secret}.")


@dataclass
class Sender:
    """Sender of deliveries to one integration."""

    integration: Integration
    secret: str
    client: Client = field(default_factory=Client)

    @property
    def url(self) -> str:
        return f"/api/webhooks/{self.integration.provider}/{self.integration.pk}/"

    def __call__(
        self,
        issues: Iterable[tuple[str, str]] = NUMBER_ONE,
        *,
        delivery: str | None = "d1",
        headers: Mapping[str, str] | None = None,
        **told: Any,
    ) -> Any:
        body = json.dumps({"issues": list(issues), **told}).encode()
        named = {} if delivery is None else {"X-Delivery": delivery}
        return self.post(body, headers={**named, **(headers or {})})

    def post(
        self,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        url: str = "",
        secret: str | None = None,
    ) -> Any:
        signature = sign(self.secret if secret is None else secret, body)
        return self.client.post(
            url or self.url,
            body,
            content_type="application/json",
            headers={"X-Signature": signature, **(headers or {})},
        )
