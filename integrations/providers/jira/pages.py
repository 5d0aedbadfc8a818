"""Assembly of a page from rows, changelogs and comments.

The same code reads live and stored pages (`replies`).
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import structs

from integrations.providers.contract.base import (
    CensusEntry,
    CommentRecord,
    IssueRecord,
    IssueRef,
    Page,
    ProviderError,
    ProviderRateLimited,
    ProviderResponseError,
    ProviderUnavailable,
    RejectedRecord,
    Scope,
    TransitionRecord,
)
from integrations.providers.jira.changelog import (
    DoneStatuses,
    History,
    read_history,
    status_changes,
    to_transitions,
)
from integrations.providers.jira.comments import read_comment
from integrations.providers.jira.dialects import Dialect
from integrations.providers.jira.jql import comments_of, count_of, statuses_of
from integrations.providers.jira.payloads import IssuePayload, StatusPayload, TypeStatuses
from integrations.providers.jira.records import CENSUS, PAYLOADS, is_done_undated, to_issue
from integrations.providers.jira.response_source import NOTHING, Replies
from integrations.providers.jira.site import Place
from integrations.providers.parsing.record_reader import load_leniently, split_object, split_page

Row = bytes | msgspec.Raw


class StoppedAt(Exception):
    """Error: Jira refused a follow-up request; the rows before `row` are complete."""

    def __init__(self, row: int, reason: ProviderError) -> None:
        super().__init__(row)
        self.row = row
        self.reason = reason


class PageReader:
    """Reader of one page."""

    def __init__(self, scope: Scope, place: Place, dialect: Dialect, replies: Replies) -> None:
        self._scope = scope
        self._place = place
        self._dialect = dialect
        self._replies = replies
        self._rejected: list[RejectedRecord] = []
        self._comments: list[CommentRecord] = []
        self._transitions: list[TransitionRecord] = []
        self._whole: list[str] = []
        self._places: list[int] = []
        """Row number of each issue."""

    def read(self, rows: Sequence[Row]) -> Page[IssueRecord]:
        """Map the rows. Raises StoppedAt if an issue's comments are refused temporarily."""
        issues, skipped, repaired = self._read_rows(rows)
        histories, notes = self._read_histories(issues)
        statuses = self._ask_for_statuses(issues, histories)
        self._read_all_comments(issues)
        records = [self._map(each, histories[str(each.id)], statuses) for each in issues]
        return Page(
            records=tuple(records),
            rejected=tuple(self._rejected),
            skipped=skipped,
            repaired=repaired,
            notes=notes,
            comments=tuple(self._comments),
            transitions=tuple(self._transitions),
            whole_comments_of=tuple(self._whole),
        )

    def _read_rows(self, rows: Sequence[Row]) -> tuple[list[IssuePayload], int, int]:
        issues: list[IssuePayload] = []
        skipped = repaired = 0
        for place, raw in enumerate(rows):
            payload, repairs = PAYLOADS.read(raw)
            if isinstance(payload, RejectedRecord):
                self._rejected.append(payload)
            elif payload is None or not belongs(payload, self._scope):
                skipped += 1
            else:
                self._dialect.complete(payload, raw)
                issues.append(payload)
                self._places.append(place)
                repaired += repairs
        return issues, skipped, repaired

    def _read_histories(
        self, issues: Sequence[IssuePayload]
    ) -> tuple[dict[str, list[History]], tuple[str, ...]]:
        found = self._dialect.histories(issues, self._replies)
        read: dict[str, list[History]] = {}
        for issue in issues:
            trees = found.by_issue.get(str(issue.id), [])
            kept = {history.id: history for history in map(self._read_history, trees) if history}
            read[str(issue.id)] = list(kept.values())
        if not found.cut:
            return read, ()
        keys = ", ".join(found.cut[:5]) + (" and others" if len(found.cut) > 5 else "")
        return read, (f"Jira does not return the whole changelog of {keys}.",)

    def _read_history(self, tree: object) -> History | None:
        history = read_history(tree, self._place)
        if isinstance(history, RejectedRecord):
            self._rejected.append(history)
            return None
        return history

    def _read_all_comments(self, issues: Sequence[IssuePayload]) -> None:
        for place, each in zip(self._places, issues, strict=True):
            try:
                self._read_comments(each)
            except (ProviderRateLimited, ProviderUnavailable) as error:
                raise StoppedAt(place, error) from error

    def _read_comments(self, payload: IssuePayload) -> None:
        """Read the included comments; fetch all of them if they are incomplete."""
        given = payload.fields.comment
        if given is None:
            return
        trees, is_whole = given.comments, True
        if (given.total or 0) > len(trees):
            trees, is_whole = self._ask_for_comments(str(payload.id), trees)
        ref = IssueRef(source_issue_id=str(payload.id), key=payload.key)
        for tree in trees:
            comment = read_comment(tree, ref, self._place, self._dialect.body)
            if isinstance(comment, RejectedRecord):
                self._rejected.append(comment)
                is_whole = False
            else:
                self._comments.append(comment)
        if is_whole:
            self._whole.append(str(payload.id))

    def _ask_for_comments(self, issue_id: str, given: list[Any]) -> tuple[list[Any], bool]:
        """Return (comments, is_complete); not complete if the list changed meanwhile."""
        trees: list[Any] = []
        totals: set[int] = set()
        while len(totals) <= 1:
            body = self._replies.ask_if_there(comments_of(issue_id, len(trees)))
            if body == NOTHING:
                return given, False
            rows, around = split_object(body, "comments")
            trees += map(tree_of, rows)
            total = count_of(around, "total")
            totals.add(total)
            if len(trees) >= total:
                return trees, len(totals) == 1
            if not rows:
                raise ProviderResponseError("Jira returns fewer comments than it reports.")
        return trees, False

    def _ask_for_statuses(
        self, issues: Sequence[IssuePayload], histories: dict[str, list[History]]
    ) -> list[StatusPayload]:
        """Fetch the statuses only if a closing time depends on them."""
        is_needed = any(
            is_done_undated(each.fields) and status_changes(histories[str(each.id)])
            for each in issues
        )
        return read_statuses(self._replies.ask_once(statuses_of(self._scope))) if is_needed else []

    def _map(
        self,
        payload: IssuePayload,
        histories: Sequence[History],
        statuses: Sequence[StatusPayload],
    ) -> IssueRecord:
        # Only its own status, so that the record does not depend on other issues of the page.
        done = DoneStatuses([*statuses, payload.fields.status])
        record = to_issue(payload, histories, done, self._place, self._dialect.body)
        ref = IssueRef(source_issue_id=record.source_issue_id, key=record.key)
        for history in histories:
            self._transitions += to_transitions(history, ref)
        return record


def entries_of(rows: Sequence[Row], page: Page[IssueRecord]) -> tuple[CensusEntry, ...]:
    """Return entries of the project's rows, without record if not readable (yet)."""
    entries = CENSUS.read_rows(rows).records
    if not page.raw:
        return entries
    records = {record.source_issue_id: record for record in page.records}
    listed = {*records, *(rejected.source_id for rejected in page.rejected)}
    return tuple(
        structs.replace(entry, record=records.get(entry.source_issue_id))
        for entry in entries
        if entry.source_issue_id in listed
    )


def belongs(payload: IssuePayload, scope: Scope) -> bool:
    """Return True for issues of this project, by project id or, if unknown, by key."""
    project = payload.fields.project
    if scope.scope_id and project and project.id:
        return str(project.id) == scope.scope_id
    key = project.key if project and project.key else payload.key.rpartition("-")[0]
    return key.upper() == scope.scope.upper()


def read_statuses(body: bytes) -> list[StatusPayload]:
    """Parse the statuses of all issue types. Raises ProviderResponseError."""
    try:
        kinds = [
            msgspec.convert(load_leniently(bytes(row))[0], TypeStatuses) for row in split_page(body)
        ]
    except (ValueError, OverflowError):
        raise ProviderResponseError("Jira sent statuses that cannot be read.") from None
    return [status for kind in kinds for status in kind.statuses]


def tree_of(raw: Row) -> object:
    try:
        return load_leniently(bytes(raw))[0]
    except (ValueError, OverflowError):
        return bytes(raw).decode("utf-8", "replace")
