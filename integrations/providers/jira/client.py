"""Jira client: URLs, credential, errors."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import msgspec

from integrations.providers.contract.base import Http, HttpResponse, Scope
from integrations.providers.jira.errors import (
    error_for,
    is_anonymous,
    refused_credential,
    whole,
)
from integrations.providers.parsing.dates import read_http_date


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Request below an API root; sent by POST if it has a body."""

    path: str
    endpoint: str = ""
    """Path template for the log if the path contains values."""
    query: Mapping[str, str] = {}
    body: Mapping[str, object] | None = None


def segment(name: str) -> str:
    """Quote external text as a single path segment."""
    return quote(name, safe="")


class JiraClient:
    def __init__(self, scope: Scope, http: Http) -> None:
        self.scope = scope
        self._http = http

    def send(self, root: str, question: Question, *, with_credential: bool = True) -> HttpResponse:
        """Send a request; return the reply with any status.

        Raises ProviderAuthError if Jira answers a 200 for anonymous users.
        """
        parameters = f"?{urlencode(question.query)}" if question.query else ""
        url = root + question.path + parameters
        headers = {"Accept": "application/json"}
        if with_credential:
            headers["Authorization"] = self._authorization()
        endpoint = question.endpoint or question.path
        if question.body is None:
            reply = self._http.get(url, endpoint=endpoint, headers=headers)
        else:
            reply = self._http.post(url, endpoint=endpoint, body=question.body, headers=headers)
        self._note_bucket(reply)
        if with_credential and reply.status == 200 and is_anonymous(reply.headers):
            raise refused_credential(self.scope)
        return reply

    def ask(self, root: str, question: Question) -> HttpResponse:
        """Send a request; raise the error of a reply other than 200."""
        reply = self.send(root, question)
        if reply.status != 200:
            raise error_for(reply, self.scope)
        return reply

    def _authorization(self) -> str:
        """Return the header: Basic with an account (Cloud), otherwise Bearer (Data Center).

        https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
        https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html
        """
        if not self.scope.account:
            return f"Bearer {self.scope.token}"
        pair = f"{self.scope.account}:{self.scope.token}"
        return f"Basic {b64encode(pair.encode()).decode()}"

    def _note_bucket(self, reply: HttpResponse) -> None:
        """Record Data Center's limit: a token bucket per node that refills gradually."""
        headers = reply.headers
        limit = whole(headers, "x-ratelimit-limit")
        left = whole(headers, "x-ratelimit-remaining")
        interval = whole(headers, "x-ratelimit-interval-seconds")
        rate = whole(headers, "x-ratelimit-fillrate")
        if not limit or left is None or not interval or not rate:
            return
        now = read_http_date(headers.get("date", "")) or datetime.now(UTC)
        until_full = timedelta(seconds=interval) * (max(limit - left, 0) / rate)
        full_at = now + min(until_full, timedelta(hours=1))
        self._http.note_quota(limit=limit, remaining=left, resets_at=full_at)
