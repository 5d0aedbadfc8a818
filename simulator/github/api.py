"""GitHub's front door: what every request meets before and after its endpoint."""

from collections import OrderedDict

import msgspec

from simulator.web import Reply, Request, json_reply, weak_etag

from .access import SEARCH, Quota, Token
from .endpoints import Routes
from .state import GitHub
from .visits import NotThere, Refused, Served, Visit

_DOCS = "https://docs.github.com/rest"
_VERSIONS = ("2022-11-28", "2026-03-10")
_EXPOSED = (
    "ETag, Link, Location, Retry-After, X-GitHub-OTP, X-RateLimit-Limit, X-RateLimit-Remaining, "
    "X-RateLimit-Used, X-RateLimit-Resource, X-RateLimit-Reset, X-OAuth-Scopes, "
    "X-Accepted-OAuth-Scopes, X-Poll-Interval, X-GitHub-Media-Type, X-GitHub-SSO, "
    "X-GitHub-Request-Id, Deprecation, Sunset"
)
_ALWAYS = {
    "Server": "github.com",
    "Access-Control-Expose-Headers": _EXPOSED,
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}
_PAGES_KEPT = 192 * 1024 * 1024


def problem(status: int, message: str, docs: str = _DOCS) -> Reply:
    body = {"message": message, "documentation_url": docs, "status": str(status)}
    return json_reply(status, body)


class GitHubApi:
    """Answers everything below `/github`."""

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._routes = Routes(github)
        self._pages = PageCache(_PAGES_KEPT)

    def handle(self, request: Request, path: str) -> Reply:
        with self._github.lock:
            reply = self._judge(request, path)
        return _finish(reply)

    def after(self, path: str) -> None:
        """The answer is made: now may happen what was to happen between pages."""
        with self._github.lock:
            self._github.hooks.answered(path)

    def _judge(self, request: Request, path: str) -> Reply:
        if request.method != "GET":
            return problem(404, "Not Found")
        if not request.headers.get("user-agent"):
            return problem(403, "Request forbidden by administrative rules. Please make sure your"
                                " request has a User-Agent header.")  # fmt: skip
        version = request.headers.get("x-github-api-version", _VERSIONS[0])
        if version not in _VERSIONS:
            return problem(400, f"{version!r} is not a supported API version.")
        token = self._github.access.token(request.token) if request.token else None
        if request.headers.get("authorization") and token is None:
            return problem(401, "Bad credentials")
        visit = Visit(request, path, token, newest_version=version == _VERSIONS[1])
        return self._metered(visit)

    def _metered(self, visit: Visit) -> Reply:
        resource = SEARCH if visit.path.startswith("/search/") else "core"
        request = visit.request
        quota = self._github.access.quota_of(request.token, request.address, resource)
        free = visit.path == "/rate_limit"
        if quota and not quota.remaining and not free:
            return _exceeded(visit, quota)
        reply = self._conditional(visit)
        if quota and not free and reply.status != 304:
            quota.used += 1
        return _add(reply, quota, visit.token)

    def _conditional(self, visit: Visit) -> Reply:
        key = (visit.path, visit.request.query_string, visit.newest_version, visit.token,
               visit.request.root, visit.request.takes_gzip())  # fmt: skip
        shelf = self._routes.shelf_of(visit.path)
        version = shelf.repository.version if shelf else -1
        reply = self._pages.get(key, version)
        if reply is None:
            reply = self._served(visit)
            if shelf and reply.status == 200:
                self._pages.put(key, version, reply)
        etag = reply.headers.get("ETag")
        if etag and etag in visit.request.headers.get("if-none-match", ""):
            kept = {"ETag", "Cache-Control", "Vary"}
            return Reply(304, headers={n: v for n, v in reply.headers.items() if n in kept}, rows=0)
        return reply

    def _served(self, visit: Visit) -> Reply:
        try:
            served = self._routes.serve(visit)
        except NotThere:
            return problem(404, "Not Found")
        except Refused as refused:
            return problem(refused.status, refused.message, f"{_DOCS}{refused.docs}")
        return served if isinstance(served, Reply) else _ok(served, visit)


class PageCache:
    """Replies as they went out, until their repository changes; the least used go first."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._kept: OrderedDict[object, tuple[int, Reply]] = OrderedDict()

    def get(self, key: object, version: int) -> Reply | None:
        kept = self._kept.get(key)
        if kept is None or kept[0] != version:
            return None
        self._kept.move_to_end(key)
        return msgspec.structs.replace(kept[1], headers=dict(kept[1].headers))

    def put(self, key: object, version: int, reply: Reply) -> None:
        old = self._kept.pop(key, None)
        self._size += len(reply.body) - (len(old[1].body) if old else 0)
        self._kept[key] = (version, msgspec.structs.replace(reply, headers=dict(reply.headers)))
        while self._size > self._limit:
            self._size -= len(self._kept.popitem(last=False)[1][1].body)


def _ok(served: Served, visit: Visit) -> Reply:
    body = msgspec.json.encode(served.value)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "private, max-age=60, s-maxage=60",
        "Vary": "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, X-Requested-With",
        "ETag": weak_etag(body),
        "X-GitHub-Media-Type": "github.v3; format=json",
    }
    if served.link:
        headers["Link"] = served.link
    reply = Reply(200, body, headers, rows=served.rows)
    if visit.request.takes_gzip():
        reply.compress()
    return reply


def _exceeded(visit: Visit, quota: Quota) -> Reply:
    whom = "user ID 1" if visit.token else visit.request.address
    message = f"API rate limit exceeded for {whom}."
    return _add(problem(403, message, f"{_DOCS}/rate-limit"), quota, visit.token)


def _add(reply: Reply, quota: Quota | None, token: Token | None) -> Reply:
    if quota:
        reply.headers |= quota.headers()
    if token:
        if token.scopes:
            reply.headers |= {"X-OAuth-Scopes": token.scopes, "X-Accepted-OAuth-Scopes": "repo"}
        if token.expires_at:
            reply.headers["GitHub-Authentication-Token-Expiration"] = token.expiry()
    return reply


def _finish(reply: Reply) -> Reply:
    reply.headers = {**_ALWAYS, **reply.headers}
    return reply
