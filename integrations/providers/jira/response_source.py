"""Sources of a page's replies: live from Jira, or from a stored page.

The same code builds pages from both, so that a stored page gives the same records.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from integrations.providers.contract.base import HttpResponse, ProviderResponseError, RawReply
from integrations.providers.jira.client import JiraClient, Question
from integrations.providers.jira.errors import error_for
from integrations.providers.jira.site import Place

NOTHING = b""
"""Reply for an issue that was deleted before its history was fetched."""


class Replies(Protocol):
    def ask(self, question: Question) -> bytes:
        """Return the body of the reply."""

    def ask_if_there(self, question: Question) -> bytes:
        """Return the body of the reply; NOTHING on 404."""

    def ask_once(self, question: Question) -> bytes:
        """Return the body; requested once and reused for all pages of a sync."""


class LiveReplies:
    """Live source that records one page's replies; all pages share `memory`."""

    def __init__(self, client: JiraClient, place: Place, memory: dict[str, HttpResponse]) -> None:
        self._client = client
        self._place = place
        self._memory = memory
        self.raw: list[RawReply] = []
        self.bodies: list[bytes] = []
        """Bodies of `raw`, decompressed."""

    def ask(self, question: Question) -> bytes:
        return self._take(self._client.ask(self._place.api, question))

    def ask_if_there(self, question: Question) -> bytes:
        reply = self._client.send(self._place.api, question)
        if reply.status == 404:
            return self._keep(NOTHING, RawReply(NOTHING))
        if reply.status != 200:
            raise error_for(reply, self._client.scope)
        return self._take(reply)

    def ask_once(self, question: Question) -> bytes:
        if question.path not in self._memory:
            self._memory[question.path] = self._client.ask(self._place.api, question)
        return self._take(self._memory[question.path])

    def _take(self, reply: HttpResponse) -> bytes:
        return self._keep(reply.body, reply.raw)

    def _keep(self, body: bytes, raw: RawReply) -> bytes:
        self.raw.append(raw)
        self.bodies.append(body)
        return body


class ListReplies(LiveReplies):
    """Live source for a census: fetches no comments beyond those in the rows."""

    def ask_if_there(self, question: Question) -> bytes:
        return NOTHING


class StoredReplies:
    """Stored source: returns stored replies in order, whatever the request."""

    def __init__(self, bodies: Sequence[bytes]) -> None:
        # The only reply that is a list has the statuses; its position has changed over time.
        self._statuses = iter([body for body in bodies if _is_list(body)])
        self._bodies = iter([body for body in bodies if not _is_list(body)])

    def ask(self, question: Question) -> bytes:
        return self._next(self._bodies)

    def ask_if_there(self, question: Question) -> bytes:
        return next(self._bodies, NOTHING)  # a census page has no further comments

    def ask_once(self, question: Question) -> bytes:
        return self._next(self._statuses)

    def _next(self, bodies: Iterator[bytes]) -> bytes:
        body = next(bodies, None)
        if body is None:
            raise ProviderResponseError("The stored page lacks a reply. DIIP reads it again.")
        return body


def _is_list(body: bytes) -> bool:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
