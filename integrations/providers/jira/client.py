"""Asks a Jira: addresses, the credential, refusals."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import msgspec

from integrations.providers.contract.base import Http, HttpResponse, Scope
from integrations.providers.jira.errors import (
    error_for,
    is_for_strangers,
    refused_credential,
    whole,
)
from integrations.providers.parsing.dates import read_http_date


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One request below an API root; with a body it is asked by POST."""

    path: str
    endpoint: str = ""
    """The template for the log, where the path holds values."""
    query: Mapping[str, str] = {}
    body: Mapping[str, object] | None = None


def segment(name: str) -> str:
    """What came from outside as one part of a path, never as several."""
    return quote(name, safe="")


class JiraClient:
    def __init__(self, scope: Scope, http: Http) -> None:
        self.scope = scope
        self._http = http

    def send(self, root: str, question: Question, *, with_credential: bool = True) -> HttpResponse:
        """Whatever the answer, unless it is one for strangers."""
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
        if with_credential and reply.status == 200 and is_for_strangers(reply.headers):
            raise refused_credential(self.scope)
        return reply

    def ask(self, root: str, question: Question) -> HttpResponse:
        """An answer that is one, or what its refusal means."""
        reply = self.send(root, question)
        if reply.status != 200:
            raise error_for(reply, self.scope)
        return reply

    def _authorization(self) -> str:
        """https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
        https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html
        """
        if not self.scope.account:
            return f"Bearer {self.scope.token}"
        pair = f"{self.scope.account}:{self.scope.token}"
        return f"Basic {b64encode(pair.encode()).decode()}"

    def _note_bucket(self, reply: HttpResponse) -> None:
        """Data Center's limit is a bucket a node, which fills up bit by bit."""
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
