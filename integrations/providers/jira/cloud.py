"""Dialect of Jira Cloud, REST version 3.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/
"""

from collections.abc import Iterator, Sequence

import msgspec

from integrations.providers.contract.base import ProviderResponseError
from integrations.providers.jira import adf
from integrations.providers.jira.changelog import FIELD_IDS
from integrations.providers.jira.client import Question
from integrations.providers.jira.dialects import Ask, Histories, Listing, stale
from integrations.providers.jira.jql import Search, refuse_circles, text_of
from integrations.providers.jira.payloads import IssueHistories, IssuePayload
from integrations.providers.jira.response_source import Replies
from integrations.providers.parsing.record_reader import load_leniently, split_object

CHANGES_A_PAGE = 1_000


class Cloud:
    expand = ""

    def body(self, tree: object) -> str:
        return adf.to_markdown(tree)

    def more_fields(self, ask: Ask) -> tuple[str, ...]:
        return ()

    def complete(self, issue: IssuePayload, row: bytes | msgspec.Raw) -> None:
        """Do nothing: Cloud reports epics as parents."""

    def listings(self, ask: Ask, search: Search, token: str) -> Iterator[Listing]:
        """Yield pages by token until none is given (`isLast` is unreliable).

        Our token is Jira's token prefixed by the page number, so that an endless chain is detected
        even if the pass is resumed often.
        """
        number, theirs = _read_token(token)
        seen = {theirs}
        while True:
            here = f"{number}:{theirs}" if theirs else ""
            reply = ask(_question(search, theirs))
            rows, around = split_object(reply.body, "issues")
            theirs = text_of(around, "nextPageToken")
            if not theirs:
                yield Listing(reply=reply, rows=rows, token=here, next_token=None)
                return
            number += 1
            refuse_circles(theirs, seen, rows, number)
            following = f"{number}:{theirs}"
            yield Listing(reply=reply, rows=rows, token=here, next_token=following)

    def histories(self, issues: Sequence[IssuePayload], replies: Replies) -> Histories:
        """Fetch a page's changelogs in bulk: in the rows they are limited to 40 entries.

        https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
        """
        found = Histories({str(issue.id): [] for issue in issues})
        asked: dict[str, object] = {
            "issueIdsOrKeys": list(found.by_issue),
            "fieldIds": list(FIELD_IDS),
            "maxResults": CHANGES_A_PAGE,
        }
        seen: set[str] = set()
        token = ""
        while issues:
            body = asked | ({"nextPageToken": token} if token else {})
            answer = replies.ask(Question(path="/changelog/bulkfetch", body=body))
            rows, around = split_object(answer, "issueChangeLogs")
            for row in rows:
                _add(found, row)
            token = text_of(around, "nextPageToken")
            if not token:
                break
            refuse_circles(token, seen, rows, len(seen))
        return found

    def count(self, jql: str) -> tuple[Question, str]:
        return Question(path="/search/approximate-count", body={"jql": jql}), "count"


def _question(search: Search, token: str) -> Question:
    body: dict[str, object] = {
        "jql": search.jql,
        "fields": list(search.fields),
        "maxResults": search.size,
    }
    return Question(path="/search/jql", body=body | ({"nextPageToken": token} if token else {}))


def _read_token(token: str) -> tuple[int, str]:
    if not token:
        return 0, ""
    number, _, theirs = token.partition(":")
    if not (number.isascii() and number.isdecimal() and len(number) < 10 and theirs):
        raise stale(token)
    return int(number), theirs


def _add(found: Histories, row: bytes | msgspec.Raw) -> None:
    try:
        share = msgspec.convert(load_leniently(bytes(row))[0], IssueHistories)
    except (ValueError, OverflowError):
        raise ProviderResponseError("Jira sent a changelog that cannot be read.") from None
    if str(share.issue_id) in found.by_issue:
        found.by_issue[str(share.issue_id)] += share.change_histories
