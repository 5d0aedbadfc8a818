"""What each kind of event does to its issue."""

from collections.abc import Callable

from .model import Event, Issue


def apply_event(issue: Issue, event: Event) -> None:
    """Let one event have its effect; most kinds have none on the issue itself."""
    effect = _EFFECTS.get(event.event)
    if effect:
        effect(issue, event)


def _labeled(issue: Issue, event: Event) -> None:
    if event.label not in issue.labels:
        issue.labels.append(event.label)


def _unlabeled(issue: Issue, event: Event) -> None:
    if event.label in issue.labels:
        issue.labels.remove(event.label)


def _assigned(issue: Issue, event: Event) -> None:
    if event.assignee not in issue.assignees:
        issue.assignees.append(event.assignee)


def _unassigned(issue: Issue, event: Event) -> None:
    if event.assignee in issue.assignees:
        issue.assignees.remove(event.assignee)


def _milestoned(issue: Issue, event: Event) -> None:
    issue.milestone = event.milestone


def _typed(issue: Issue, event: Event) -> None:
    issue.type = event.type


def _untyped(issue: Issue, _: Event) -> None:
    issue.type = ""


def _renamed(issue: Issue, event: Event) -> None:
    issue.title = event.title_after


def _locked(issue: Issue, _: Event) -> None:
    issue.locked = True


def _closed(issue: Issue, event: Event) -> None:
    issue.state, issue.state_reason = "closed", event.state_reason
    issue.closed, issue.closed_by = event.created, event.actor


def _reopened(issue: Issue, _: Event) -> None:
    issue.state, issue.closed, issue.closed_by = "open", None, None
    issue.state_reason = None if issue.is_pull else "reopened"


_EFFECTS: dict[str, Callable[[Issue, Event], None]] = {
    "labeled": _labeled,
    "unlabeled": _unlabeled,
    "assigned": _assigned,
    "unassigned": _unassigned,
    "milestoned": _milestoned,
    "issue_type_added": _typed,
    "issue_type_removed": _untyped,
    "renamed": _renamed,
    "locked": _locked,
    "closed": _closed,
    "reopened": _reopened,
}
