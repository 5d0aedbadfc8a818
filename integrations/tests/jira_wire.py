"""Jira provider connected to a simulated Jira without sockets."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from django.utils.datastructures import CaseInsensitiveMapping

from integrations.http.session import Response
from integrations.providers.contract.base import Cursor, RawReply, Scope
from integrations.providers.jira import Jira
from integrations.tests.provider_contract import FakeHttp
from simulator.jira.truth import Truth
from simulator.tests.simulated_jira import ROOT, JiraReader, ServerReader

READERS = {"cloud": JiraReader, "server": ServerReader}
GATEWAY = f"{ROOT}/atlassian/ex/jira"


class WiredJira(Jira):
    gateway = GATEWAY
    trusted_origins = (GATEWAY,)


class Wire(FakeHttp):
    """HTTP client that calls the simulated Jira directly."""

    def __init__(self, reader: JiraReader) -> None:
        super().__init__([])
        self.reader = reader

    def _answer(
        self, url: str, endpoint: str, headers: Mapping[str, str] | None, body: object
    ) -> Response:
        path = url.removeprefix(ROOT).removeprefix(f"/{self.reader.mount}")
        self.urls.append(url)
        self.bodies.append(body)
        self.reader.authorization = (headers or {}).get("Authorization", "")
        answer = self.reader.ask(path, body)
        content = gzip.decompress(answer.body) if answer.encoded else answer.plain_body()
        now = format_datetime(
            datetime.fromtimestamp(int(self.reader.clock.now()), UTC), usegmt=True
        )
        sent = CaseInsensitiveMapping({"Date": now} | answer.headers)
        return Response(answer.status, sent, content, url, RawReply(content))


@dataclass
class Site:
    """Simulated Jira with the records of one project read so far."""

    reader: JiraReader
    project: str = "ENG"
    scope: Scope | None = None
    rows: dict[str, Any] = field(default_factory=dict)
    comments: dict[str, Any] = field(default_factory=dict)
    transitions: dict[Any, Any] = field(default_factory=dict)
    since: datetime | None = None
    wire: Wire = field(init=False)

    def __post_init__(self) -> None:
        self.wire = Wire(self.reader)

    @property
    def changes(self) -> Any:
        return self.reader.changes

    def connect(self, token: str = "good-token", project: str = "") -> Jira:
        is_server = isinstance(self.reader, ServerReader)
        given = {
            "site_url": f"{ROOT}/{self.reader.mount}",
            "project_key": project or self.project,
            "token": token,
            "email": "" if is_server else "hana@example.org",
        }
        scope = WiredJira.scope_of(given)
        info = WiredJira(scope, self.wire).check()
        self.scope = Scope(
            base_url=info.base_url,
            scope=info.scope,
            scope_id=info.scope_id,
            token=scope.token,
            account=scope.account,
        )
        return self.provider()

    def provider(self) -> Jira:
        assert self.scope is not None
        return WiredJira(self.scope, self.wire)

    def sync(self) -> "Site":
        """Run one pass like the engine; each page uses a new provider, as after a restart."""
        if self.scope is None:
            self.connect()
        began, token = None, ""
        while True:
            page = next(self.provider().fetch_issues(Cursor(since=self.since, page_token=token)))
            assert page.rejected == ()
            began = began or page.upstream_time
            self.rows |= {record.source_issue_id: record for record in page.records}
            for issue_id in page.whole_comments_of:
                self.comments[issue_id] = []
            for comment in page.comments:
                self.comments.setdefault(comment.issue.source_issue_id, []).append(comment)
            self.transitions |= {(t.source_event_id, t.field): t for t in page.transitions}
            token = page.next_token or ""
            if not token:
                break
        assert began is not None
        self.since = began - Jira.overlap
        return self

    def truth(self) -> dict[str, Truth]:
        """Return the visible issues."""
        told = self.reader.jira.truth(self.project)
        return {
            str(number): each
            for number, each in told.items()
            if not (each.gone or each.hidden or each.archived)
        }

    def later(self, **time: float) -> None:
        self.reader.clock.shift(timedelta(**time).total_seconds())


def site(dialect: str, issues: int = 40, **options: Any) -> Site:
    return Site(READERS[dialect](issues, **options))


def moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
