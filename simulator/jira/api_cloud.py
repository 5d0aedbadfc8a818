"""The Cloud's two doors: the site, and Atlassian's gateway to it."""

import re
from collections.abc import Sequence
from typing import ClassVar

from simulator.seeded_random import key_of
from simulator.web import Reply, Request

from . import cloud_changelog, cloud_search, resources
from .access import NOBODY, Asker, credentials
from .api import JiraApi, Route, route
from .request_context import Refused, answer, problem


class CloudApi(JiraApi):
    """Answers everything below `/jira` and `/atlassian`."""

    routes: ClassVar[Sequence[Route]] = (
        route("GET POST", "/search/jql", cloud_search.search),
        route("POST", "/search/approximate-count", cloud_search.approximate_count),
        route("GET POST", "/search", cloud_search.removed),
        route("POST", "/issue/bulkfetch", cloud_search.bulk_issues),
        route("POST", "/changelog/bulkfetch", cloud_changelog.bulk),
        route("GET", "/issue/([^/]+)/changelog", cloud_changelog.one),
        route("GET", "/project/search", resources.projects_page),
    )
    always: ClassVar[dict[str, str]] = {
        "Server": "AtlassianEdge",
        "Cache-Control": "no-cache, no-store, no-transform",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }

    @property
    def cloud_id(self) -> str:
        digits = f"{key_of(self._jira.seed, 'cloud'):016x}{key_of(self._jira.seed, 'id'):016x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))

    def site(self, request: Request, path: str) -> Reply:
        """`/jira`: e-mail address and API token, but no scoped one."""
        if path == "/_edge/tenant_info":
            return answer({"cloudId": self.cloud_id})
        return self._answered(request, f"{request.root}/jira", path)

    def gateway(self, request: Request, path: str) -> Reply:
        """`/atlassian/ex/jira/{cloudId}`: any token of the site, scoped ones too."""
        match = re.fullmatch(r"/ex/jira/([^/]+)(/.*)", path)
        if not match or match[1] != self.cloud_id:
            return answer({"code": 404, "message": "No message available", "path": path}, 404)
        base = f"{request.root}/atlassian/ex/jira/{self.cloud_id}"
        return self._answered(request, base, match[2])

    def _asker(self, request: Request, path: str) -> Asker:
        at_gateway = request.path.startswith("/atlassian/")
        scheme, user, secret = credentials(request)
        if scheme == "bearer" and not at_gateway:
            raise Refused(answer({"error": "Failed to parse Connect Session Auth Token"}, 403))
        token = self._jira.access.token(secret, user) if scheme and (user or at_gateway) else None
        if at_gateway and token is None:
            raise Refused(answer({"code": 401, "message": "Unauthorized"}, 401))
        if token and token.scoped and not at_gateway:
            raise Refused(self._unauthenticated(request))
        # A wrong API token is no error: whoever sends one is served as nobody in particular.
        return self._jira.access.asker(token) if token else NOBODY

    def _nowhere(self, request: Request, path: str) -> Refused:
        detail = f"No endpoint {request.method} {path}."
        return problem(404, "Not Found", detail, path)
