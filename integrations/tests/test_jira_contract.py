"""Both dialects of Jira against the contract."""

from collections.abc import Sequence
from typing import Any

import msgspec

from integrations.http import Response
from integrations.providers.base import (
    Feed,
    Provider,
    ProviderAccessDenied,
    ProviderAuthError,
    ProviderConfigError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderResponseError,
)
from integrations.tests.jira_pages import (
    CLOUD,
    SERVER,
    change,
    changelogs,
    comment,
    found,
    issue,
    jira,
    listed,
    status,
    user,
    with_log,
)
from integrations.tests.provider_contract import (
    TOKEN,
    FakeHttp,
    ProviderContract,
    Replies,
    reply,
)


def refuse(code: int, **headers: str) -> Response:
    return reply({"errorMessages": [f"foreign body {TOKEN}"]}, code, **headers)


REFUSALS = (
    (refuse(401), ProviderAuthError),
    (refuse(403), ProviderAccessDenied),
    (refuse(403, x_seraph_loginreason="AUTHENTICATION_DENIED"), ProviderAuthError),
    (refuse(404), ProviderNotFound),
    (refuse(410), ProviderConfigError),
    (refuse(400), ProviderConfigError),
    (refuse(451), ProviderAccessDenied),
    (refuse(429, retry_after="5"), ProviderRateLimited),
    (refuse(429, x_ratelimit_reset="2099-01-01T00:00Z"), ProviderRateLimited),
    (refuse(429), ProviderRateLimited),
    (refuse(503, retry_after="5"), ProviderRateLimited),
    (refuse(304), ProviderConfigError),
    (refuse(204), ProviderResponseError),
)
FOUR: Sequence[dict[str, Any]] = (
    issue(1, comment={"comments": [comment(1)], "total": 1}),
    issue(2, project={"id": "77", "key": "OTHER"}),
    issue(3, status=status("Done"), resolution={"name": "Done"},
          resolutiondate="2024-01-03T00:00:00.000-0800"),
    issue(4, assignee=user("Cy", accountType="app")),
)  # fmt: skip
STORY = [change(1, "status", "To Do", "Done"), change(2, "labels", "", "one two")]


class JiraContract(ProviderContract):
    feeds: tuple[Feed, ...] = ("issues",)
    refusals = REFUSALS
    base_url: str

    def build(self, http: FakeHttp) -> Provider:
        return jira(http, self.base_url)

    def scope_replies(self) -> list[Response]:
        project = {"id": "10000", "key": "ABC", "name": "Abc"}
        return [reply(user() | {"name": "ann", "key": "ann"}), reply(project)]


class TestJiraCloudKeepsTheContract(JiraContract):
    base_url = CLOUD

    def pages(self, feed: Feed) -> Sequence[Replies]:
        logs = changelogs({"20001": STORY})
        return [
            (found(*FOUR[:2], token="t2"), logs),
            (found(FOUR[2], token="t3"), changelogs({})),
            (found(FOUR[3]), changelogs({})),
        ]

    def census_pages(self) -> Sequence[Replies]:
        there = [FOUR[0], FOUR[2], FOUR[3]]
        rows = [{**row, "fields": {"updated": row["fields"]["updated"]}} for row in there]
        return [found(*rows[:2], token="t2"), found(rows[2])]

    def rows(self, feed: Feed) -> int:
        return 4

    def page_with_a_bad_record(self) -> tuple[Replies, bytes]:
        bad = issue(2, created="never", summary=TOKEN)
        page = (found(issue(1), bad, issue(3)), changelogs({}))
        return page, msgspec.json.encode(bad)


class TestJiraDataCenterKeepsTheContract(JiraContract):
    base_url = SERVER

    def pages(self, feed: Feed) -> Sequence[Replies]:
        rows = [with_log(FOUR[0], *STORY), *(with_log(row) for row in FOUR[1:])]
        return [
            listed(*rows[:2], start=0, total=4),
            listed(*rows[1:3], start=1, total=4),
            listed(*rows[2:], start=2, total=4),
        ]

    def census_pages(self) -> Sequence[Replies]:
        there = [FOUR[0], FOUR[2], FOUR[3]]
        return [listed(*there, start=0, total=3)]

    def rows(self, feed: Feed) -> int:
        """Each page begins with the last row of the one before."""
        return 6

    def page_with_a_bad_record(self) -> tuple[Replies, bytes]:
        bad = with_log(issue(2, created="never", summary=TOKEN))
        rows = (with_log(issue(1)), bad, with_log(issue(3)))
        return listed(*rows, start=0, total=3), msgspec.json.encode(bad)
