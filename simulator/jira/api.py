"""Jira's front door: what every request meets before and after its endpoint."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from typing import ClassVar

from simulator.web import Reply, Request

from . import resources
from .access import NOBODY, Asker
from .parts import Flavor
from .render import Renderer
from .request_context import Endpoint, Refused, Visit, answer, refusal
from .resources import UNAUTHENTICATED
from .state import Jira

Route = tuple[str, re.Pattern[str], Endpoint]
_LISTS = "status|statuscategory|priority|resolution|issuetype"
_PACKED_KEPT = 64


def route(methods: str, path: str, endpoint: Endpoint) -> Route:
    return methods, re.compile(path), endpoint


COMMON: Sequence[Route] = (
    route("GET", "/serverInfo", resources.server_info),
    route("GET", "/issue/([^/]+)", resources.issue),
    route("GET", "/issue/([^/]+)/comment", resources.comments),
    route("GET", "/project", resources.projects),
    route("GET", "/project/([^/]+)", resources.project),
    route("GET", "/project/([^/]+)/statuses", resources.project_statuses),
    route("GET", "/field", resources.fields),
    route("GET", f"/({_LISTS})", resources.lists),
    route("GET", "/issueLinkType", resources.link_types),
)


class JiraApi:
    """What both Jiras do with a request; each kind says who may come in, and where to."""

    routes: ClassVar[Sequence[Route]] = ()
    always: ClassVar[dict[str, str]] = {}

    def __init__(self, jira: Jira) -> None:
        self._jira = jira
        self._renderers: dict[Flavor, Renderer] = {}
        self._packed: OrderedDict[bytes, tuple[bytes, bool]] = OrderedDict()
        self._asked = 0

    def after(self, path: str) -> None:
        """The answer is made: now may happen what was to happen between pages."""
        with self._jira.lock:
            self._jira.hooks.answered(path)

    def _answered(self, request: Request, base: str, path: str) -> Reply:
        with self._jira.lock:
            try:
                reply = self._judged(request, base, path)
            except Refused as refused:
                reply = refused.reply
        if request.takes_gzip():
            self._pack(reply)
        self._asked += 1
        trace = {"ATL-TraceId": f"{self._asked:032x}", "X-AREQUESTID": f"626x{self._asked}x1"}
        reply.headers = {**self.always, **trace, **reply.headers}
        return reply

    def _pack(self, reply: Reply) -> None:
        """Compressing a page costs more than making it: pages that come again are kept."""
        key = blake2b(reply.body, digest_size=16).digest()
        kept = self._packed.get(key)
        if kept is None:
            reply.compress()
            kept = self._packed[key] = (reply.body, reply.encoded)
            if len(self._packed) > _PACKED_KEPT:
                self._packed.popitem(last=False)
        elif kept[1]:
            reply.body, reply.encoded = kept
            reply.headers["Content-Encoding"] = "gzip"

    def _judged(self, request: Request, base: str, path: str) -> Reply:
        versions = "2|3|latest" if self._jira.cloud else "2|latest"
        match = re.fullmatch(rf"/rest/api/({versions})(/.*)", path)
        asker = self._asker(request, path)
        left = self._jira.limits.take(asker.login or request.address)
        headers = self._jira.limits.headers(left, cloud=self._jira.cloud)
        if left == -1:
            refused = refusal(429, "Rate limit exceeded.", Retry_After="1")
            refused.reply.headers |= headers
            raise refused
        if match is None:
            raise self._nowhere(request, path)
        reply = self._routed(request, self._flavor(base, match[1], asker), match[2], asker)
        reply.headers |= headers
        return reply

    def _flavor(self, base: str, version: str, asker: Asker) -> Flavor:
        cloud = self._jira.cloud
        api = ("3" if cloud else "2") if version == "latest" else version
        zone = asker.zone if asker.login else self._jira.options.zone
        return Flavor(base, api, zone, cloud, asker.sees_all)

    def _routed(self, request: Request, flavor: Flavor, path: str, asker: Asker) -> Reply:
        render = self._renderers.get(flavor)
        if render is None:
            render = self._renderers[flavor] = Renderer(self._jira, flavor)
        visit = Visit(request, path, self._jira, asker, render)
        if path == "/myself":
            return resources.myself(visit) if asker.login else self._unauthenticated(request)
        for methods, pattern, endpoint in (*self.routes, *COMMON):
            match = pattern.fullmatch(path)
            if match and request.method in methods.split():
                return endpoint(visit, *match.groups())
        raise self._nowhere(request, request.path)

    def _unauthenticated(self, request: Request) -> Reply:
        """One sentence, as text unless JSON is asked for."""
        asks = "json" in request.headers.get("accept", "")
        reply = Reply(401, UNAUTHENTICATED.encode(), {"Content-Type": "text/html;charset=UTF-8"})
        if asks:
            reply = answer({"message": UNAUTHENTICATED, "status-code": 401}, 401)
        reply.headers["WWW-Authenticate"] = f'OAuth realm="{self._jira.url}"'
        return reply

    # --- what differs ----------------------------------------------------------------------------

    def _asker(self, request: Request, path: str) -> Asker:
        """Who asks, or a refusal."""
        return NOBODY

    def _nowhere(self, request: Request, path: str) -> Refused:
        raise NotImplementedError
