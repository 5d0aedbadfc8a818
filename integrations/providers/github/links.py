"""Issue links: the parent, and the issues that block an issue.

An issue record contains only the number of its blockers, so they are fetched for issues that have
some. Duplicates show in `state_reason` only, which names no other issue.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
from msgspec import structs

from integrations.providers.contract.base import (
    HttpResponse,
    IssueRecord,
    LinkRecord,
    Page,
    ProviderResponseError,
)
from integrations.providers.github.client import GitHubClient
from integrations.providers.github.payloads import BlockedPayload, BlockerPayload, IssuePayload
from integrations.providers.parsing.record_reader import RecordReader, split_page

_PARENT = re.compile(r"/repos/([\w.-]+/[\w.-]+)/issues/(\d{1,18})$", re.ASCII)
_BLOCKED = RecordReader(BlockedPayload, lambda issue: issue)
_BLOCKERS = RecordReader(BlockerPayload, lambda issue: issue)
_SIGN = b'"issue_dependencies_summary"'


def parent_links(payload: IssuePayload) -> tuple[LinkRecord, ...]:
    """Return the link to the parent, with its API URL converted to the web URL."""
    found = _PARENT.search(payload.parent_issue_url or "")
    if found is None:
        return ()
    return (
        LinkRecord(kind="parent", url=f"{_web(payload.html_url)}/{found[1]}/issues/{found[2]}"),
    )


def ask_blockers(
    client: GitHubClient, reply: HttpResponse, page: Page[IssueRecord]
) -> Page[IssueRecord]:
    """Add links to blockers: one more request for each blocked issue of the page."""
    further = [client.blockers_of(issue.number) for issue in _blocked_in(reply.body)]
    if not further:
        return page
    linked = with_replies(page, [reply.body, *(body for body, _ in further)])
    return structs.replace(linked, raw=(reply.raw, *(raw for _, raw in further)))


def with_replies(page: Page[IssueRecord], replies: Sequence[bytes]) -> Page[IssueRecord]:
    """Add the links from a page's further replies."""
    first, *others = replies
    if not others:
        return page
    blocked = _blocked_in(first)
    if len(blocked) != len(others):
        raise ProviderResponseError(
            "The replies stored for this page do not match its blocked issues."
        )
    lists = zip(blocked, others, strict=True)
    named = {str(issue.id): _BLOCKERS.read_page(body).records for issue, body in lists}
    records = (_linked(record, named.get(record.source_issue_id, ())) for record in page.records)
    return structs.replace(page, records=tuple(records))


def _blocked_in(body: bytes) -> list[BlockedPayload]:
    """Return the blocked issues of a page or of a single-issue reply."""
    if _SIGN not in body:
        return []
    rows: Sequence[bytes | msgspec.Raw] = [body] if body.lstrip()[:1] == b"{" else split_page(body)
    return [issue for issue in _BLOCKED.read_rows(rows).records if _is_blocked(issue)]


def _linked(record: IssueRecord, blockers: Sequence[BlockerPayload]) -> IssueRecord:
    links = tuple(_blocker(record, blocker) for blocker in blockers)
    return structs.replace(record, links=(*record.links, *links)) if links else record


def _is_blocked(issue: BlockedPayload) -> bool:
    summary = issue.issue_dependencies_summary
    if summary is None or issue.pull_request is not None:
        return False
    return (summary.total_blocked_by or summary.blocked_by) > 0


def _blocker(record: IssueRecord, blocker: BlockerPayload) -> LinkRecord:
    """Build the link; without key for another repository, whose numbers differ."""
    is_near = blocker.html_url.rpartition("/")[0] == record.url.rpartition("/")[0]
    return LinkRecord(
        kind="blocks",
        inward=True,
        source_issue_id=str(blocker.id),
        key=f"#{blocker.number}" if is_near else "",
        url=blocker.html_url,
    )


def _web(html_url: str) -> str:
    try:
        parts = urlsplit(html_url)
    except ValueError:
        return "https://github.com"
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "https://github.com"
