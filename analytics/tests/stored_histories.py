"""Generated histories in the database, and calendars for product and reference."""

from collections.abc import Iterable, Sequence
from datetime import time
from zoneinfo import ZoneInfo

from django.db.models import Max

from analytics.tests.reference import Calendar, Hours
from analytics.tests.reference_timeline import DONE, IN_PROGRESS, TODO, History, Move
from integrations.models import Integration
from issues.models import Issue, Person, StatusClass, Transition
from projects.models import Project

ZONES = ("UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Europe/Berlin")
WORKING_HOURS = (
    None,
    {"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "17:00"},
    {"days": [1, 3, 6, 7], "from": "00:00", "to": "08:30"},
)


def make_project(number: int = 0) -> Project:
    """Return a calendar by number: all time zones, with and without working hours."""
    return Project.objects.create(
        name=f"Histories {number}",
        time_zone=ZONES[number % len(ZONES)],
        working_hours=WORKING_HOURS[number % len(WORKING_HOURS)],
    )


def calendar_of(project: Project) -> Calendar:
    given = project.working_hours
    hours = given and Hours(
        tuple(given["days"]), time.fromisoformat(given["from"]), time.fromisoformat(given["to"])
    )
    return Calendar(ZoneInfo(project.time_zone), hours)


def write_histories(project: Project, histories: Iterable[History]) -> list[Issue]:
    """Store histories in order; each board becomes an integration."""
    boards: dict[tuple[tuple[str, str], ...], Integration] = {}
    author, _ = Person.objects.get_or_create(
        project=project, provider="jira", origin="jira.test", source_person_id="1", login="ann"
    )
    last = Issue.objects.aggregate(pk=Max("pk"))["pk"] or 0
    rows, written = [], list(histories)
    for number, history in enumerate(written, start=last + 1):
        board = tuple(sorted(history.classes.items()))
        if board not in boards:
            boards[board] = _integration(project, board)
        rows.append(_row(history, boards[board], author, number))
    issues = Issue.objects.bulk_create(rows, batch_size=500)
    write_moves(issues, written)
    return issues


def write_moves(issues: Sequence[Issue], histories: Sequence[History]) -> None:
    pairs = zip(issues, histories, strict=True)
    rows = [
        Transition(
            issue=issue, source_event_id=f"{number}", field="status", from_value=move.before,
            to_value=move.after, occurred_at=move.at,
        )
        for issue, history in pairs
        for number, move in enumerate(history.moves)
    ]  # fmt: skip
    Transition.objects.bulk_create(rows, batch_size=500)


def columns_of(history: History) -> dict[str, object]:
    """Return the columns of an issue that metrics use."""
    names = ("opened_at", "status", "source_status", "source_updated_at", "outcome", "closed_at")
    return {
        **{name: getattr(history, name) for name in (*names, "first_response_at", "type")},
        "removed_at": history.source_updated_at if history.removed else None,
        "removed_reason": "deleted" if history.removed else "",
    }


def _row(history: History, integration: Integration, author: Person, number: int) -> Issue:
    return Issue(
        project_id=integration.project_id, integration=integration, provider="jira", author=author,
        source_issue_id=f"{number}", key=f"ABC-{number}", title=f"Issue {number}",
        content_hash=f"{number}", **columns_of(history),
    )  # fmt: skip


def _integration(project: Project, board: Iterable[tuple[str, str]]) -> Integration:
    """Override the provider's status of every other word by a maintainer's mapping."""
    words = dict(board)
    integration, is_new = Integration.objects.get_or_create(
        project=project, provider="jira", base_url="https://jira.test", scope="/".join(words)
    )
    wrong = {TODO: DONE, IN_PROGRESS: TODO, DONE: IN_PROGRESS}
    if is_new:
        StatusClass.objects.bulk_create(
            StatusClass(integration=integration, source_status=word, provider_status=wrong[status],
                        override=status)
            if number % 2
            else StatusClass(integration=integration, source_status=word, provider_status=status)
            for number, (word, status) in enumerate(words.items())
        )  # fmt: skip
    return integration


def read_histories(project: Project) -> list[History]:
    """Read a project's stored issues as input of the reference."""
    return [
        _as_history(issue)
        for issue in Issue.objects.filter(project=project, integration__removed_at=None)
        .select_related("integration")
        .prefetch_related("transitions", "integration__status_classes")
        .order_by("pk")
    ]


def _as_history(issue: Issue) -> History:
    names = ("opened_at", "status", "source_status", "source_updated_at", "outcome", "closed_at")
    moves = sorted(
        (each for each in issue.transitions.all() if each.field == "status"),
        key=lambda each: each.pk,
    )
    return History(
        **{name: getattr(issue, name) for name in (*names, "first_response_at", "type")},
        removed=issue.removed_at is not None,
        moves=tuple(Move(move.occurred_at, move.from_value, move.to_value) for move in moves),
        classes={
            each.source_status: each.override or each.provider_status
            for each in issue.integration.status_classes.all()
        },
    )
