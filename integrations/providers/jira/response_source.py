"""Where the replies come from that a page is made of: from Jira now, or from a page kept earlier.

Pages are put together by the same code from both, so that a kept page gives the same records.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from integrations.providers.contract.base import HttpResponse, ProviderResponseError, RawReply
from integrations.providers.jira.client import JiraClient, Question
from integrations.providers.jira.errors import error_for
from integrations.providers.jira.site import Place

NOTHING = b""
"""Stands for an issue that was gone when its history was asked for."""


class Replies(Protocol):
    def ask(self, question: Question) -> bytes:
        """The body of an answer."""

    def ask_if_there(self, question: Question) -> bytes:
        """NOTHING where Jira says that it is not there (404)."""

    def ask_once(self, question: Question) -> bytes:
        """What does not change while one syncs is asked for once and counts for every page."""


class LiveReplies:
    """Asks, and keeps the replies of one page. `memory` is shared by all pages of a provider."""

    def __init__(self, client: JiraClient, place: Place, memory: dict[str, HttpResponse]) -> None:
        self._client = client
        self._place = place
        self._memory = memory
        self.raw: list[RawReply] = []
        self.bodies: list[bytes] = []
        """The same, unpacked."""

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
    """Of a census: no comments are asked for beyond those that come with the rows."""

    def ask_if_there(self, question: Question) -> bytes:
        return NOTHING


class KeptReplies:
    """Gives what was kept, in its order, whatever is asked."""

    def __init__(self, bodies: Sequence[bytes]) -> None:
        # The one answer that is a list tells the statuses; when it was asked for has changed.
        self._statuses = iter([body for body in bodies if _is_list(body)])
        self._bodies = iter([body for body in bodies if not _is_list(body)])

    def ask(self, question: Question) -> bytes:
        return self._next(self._bodies)

    def ask_if_there(self, question: Question) -> bytes:
        return next(self._bodies, NOTHING)  # the page of a census, which has no more of them

    def ask_once(self, question: Question) -> bytes:
        return self._next(self._statuses)

    def _next(self, bodies: Iterator[bytes]) -> bytes:
        body = next(bodies, None)
        if body is None:
            raise ProviderResponseError("The kept page lacks a reply. It is read anew.")
        return body


def _is_list(body: bytes) -> bool:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
