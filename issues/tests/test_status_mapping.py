"""Meaning of status words: provider class, override, and effects on issues."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from integrations.models import Integration
from integrations.providers.contract.base import IssueRef, TransitionRecord
from issues import status_mapping, tasks
from issues.api import mapping_views
from issues.derived_fields import enrich_issues
from issues.models import Issue, IssueChange, StatusClass
from issues.store import Target, store_issues, store_transitions
from issues.tests.test_store import AT, make
from projects.tests.people import Team, team

__all__ = ["team"]

HOUR = timedelta(hours=1)


def record(number: int, word: str, status: str, **changes):
    done = {"outcome": "delivered", "closed_at": AT + HOUR} if status == "done" else {}
    return make(number, source_status=word, status=status, **(done | changes))


@pytest.fixture
def board(team: Team) -> Integration:
    """Integration with three statuses and four issues."""
    integration = Integration.objects.create(
        project=team.project, provider="jira", base_url="https://jira.test", scope="ABC"
    )
    records = [
        record(1, "To Do", "todo"),
        record(2, "In Review", "in_progress"),
        record(3, "In Review", "in_progress"),
        record(4, "Done", "done"),
    ]
    store_issues(Target.of(integration), records)
    return integration


def moved(number: int, before: str, after: str, hours: int) -> TransitionRecord:
    return TransitionRecord(
        source_event_id=f"{number}-{hours}", issue=IssueRef(source_issue_id=str(number)),
        field="status", from_value=before, to_value=after, actor=None,
        occurred_at=AT + hours * HOUR,
    )  # fmt: skip


def decide(integration: Integration, overrides) -> None:
    status_mapping.apply_overrides(integration, overrides)
    assert status_mapping.settle_overrides(integration.pk)


def shown() -> dict[str, tuple]:
    rows = Issue.objects.order_by("pk")
    return {i.key: (i.status, i.provider_status, i.outcome, i.closed_at) for i in rows}


def test_statuses_are_stored_with_records(board):
    stored = StatusClass.objects.values_list("source_status", "provider_status")

    assert dict(stored) == {"To Do": "todo", "In Review": "in_progress", "Done": "done"}


def test_preview_reports_without_changes(team, board):
    before = shown()
    url = f"{team.url}integrations/{board.pk}/statuses/preview/"

    answer = team.call("maintainer").post(
        url, {"overrides": {"In Review": "done", "To Do": "todo"}}, format="json"
    )

    assert answer.json() == {
        "changes": [{"word": "In Review", "before": "in_progress", "after": "done", "issues": 2}],
        "totals": {"todo": 1, "in_progress": 0, "done": 3},
    }
    assert shown() == before


def test_override_is_applied_and_removed(team, board):
    store_transitions(Target.of(board), [moved(2, "To Do", "In Review", 5)])
    before = shown()
    url = f"{team.url}integrations/{board.pk}/statuses/"

    team.call("maintainer").patch(url, {"overrides": {"In Review": "done"}}, format="json")
    done = shown()
    team.call("maintainer").patch(url, {"overrides": {"In Review": None}}, format="json")

    assert done["#2"] == ("done", "in_progress", "unknown", AT + 5 * HOUR)
    assert done["#3"] == ("done", "in_progress", "unknown", None)
    assert shown() == before


def test_override_away_from_done_has_no_outcome(board):
    decide(board, {"Done": "in_progress"})

    assert shown()["#4"] == ("in_progress", "done", None, None)


def test_issue_done_by_override_keeps_its_closing_when_edited(board):
    store_transitions(Target.of(board), [moved(2, "To Do", "In Review", 5)])
    decide(board, {"In Review": "done"})
    edited = record(2, "In Review", "in_progress", title="Edited", source_updated_at=AT + HOUR)

    store_issues(Target.of(board), [edited])

    assert shown()["#2"] == ("done", "in_progress", "unknown", AT + 5 * HOUR)


def test_later_history_sets_the_closing_date_of_an_override(board):
    decide(board, {"In Review": "done"})

    store_transitions(Target.of(board), [moved(2, "To Do", "In Review", 5)])

    assert shown()["#2"] == ("done", "in_progress", "unknown", AT + 5 * HOUR)


def test_removing_an_override_away_from_done_restores_provider_values(board):
    decide(board, {"Done": "in_progress"})
    decide(board, {"Done": "todo"})

    decide(board, {"Done": None})

    assert shown()["#4"] == ("done", None, "delivered", AT + HOUR)


def test_issue_edited_while_overridden_gets_provider_values_back(board):
    decide(board, {"Done": "todo"})
    edited = record(4, "Done", "done", outcome="duplicate", source_updated_at=AT + HOUR)
    store_issues(Target.of(board), [edited])

    decide(board, {"Done": None})

    assert shown()["#4"] == ("done", None, "duplicate", AT + HOUR)


def test_settling_resumes_after_its_time_limit(board, monkeypatch):
    monkeypatch.setattr(status_mapping, "BATCH", 1)
    status_mapping.apply_overrides(board, {"In Review": "todo"})

    first = status_mapping.settle_overrides(board.pk, seconds=0)
    between = [shown()[key][0] for key in ("#2", "#3")]
    second = status_mapping.settle_overrides(board.pk)

    assert (first, between, second) == (False, ["todo", "in_progress"], True)
    assert shown()["#3"][0] == "todo"


def test_recount_resumes_after_its_time_limit(board, monkeypatch):
    monkeypatch.setattr(status_mapping, "BATCH", 1)
    moves = [moved(1, "In Review", "To Do", 2), moved(4, "In Review", "To Do", 2)]
    store_transitions(Target.of(board), moves)
    status_mapping.apply_overrides(board, {"In Review": "done"})

    while not status_mapping.settle_overrides(board.pk, seconds=0):
        pass

    assert list(
        Issue.objects.filter(reopen_count=1).order_by("pk").values_list("key", flat=True)
    ) == ["#1", "#4"]


def test_response_reports_pending_updates(team, board, monkeypatch):
    monkeypatch.setattr(mapping_views, "SETTLE_SECONDS", 0)
    sent = []
    monkeypatch.setattr(tasks, "send_settle", sent.append)
    url = f"{team.url}integrations/{board.pk}/statuses/"

    answer = team.call("maintainer").patch(url, {"overrides": {"To Do": "done"}}, format="json")

    assert (answer.json()["settled"], sent) == (False, [board.pk])


def test_settled_statuses_need_one_query(board, django_assert_num_queries):
    decide(board, {"In Review": "todo"})
    StatusClass.objects.update(unsettled_since=timezone.now() - 2 * status_mapping.GRACE)
    status_mapping.settle_overrides(board.pk)

    assert status_mapping.unsettled_integrations() == []
    with django_assert_num_queries(1):
        status_mapping.settle_overrides(board.pk)


def test_later_sync_keeps_the_override(board):
    decide(board, {"In Review": "todo"})

    store_issues(
        Target.of(board),
        [record(2, "In Review", "in_progress", title="Edited", source_updated_at=AT + HOUR)],
    )

    issue = Issue.objects.get(key="#2")
    assert (issue.title, issue.status, issue.provider_status) == ("Edited", "todo", "in_progress")


def test_issue_stored_by_an_unaware_worker_is_settled(board):
    decide(board, {"In Review": "todo"})
    Issue.objects.filter(key="#2").update(status="in_progress", provider_status=None)

    assert status_mapping.unsettled_integrations() == [board.pk]
    tasks.settle_statuses(board.pk)

    assert shown()["#2"][0] == "todo"


def test_reopenings_follow_status_overrides(board):
    store_transitions(Target.of(board), [moved(1, "In Review", "To Do", 2)])
    enrich_issues(list(Issue.objects.values_list("pk", flat=True)))
    before = Issue.objects.get(key="#1").reopen_count

    decide(board, {"In Review": "done"})

    assert (before, Issue.objects.get(key="#1").reopen_count) == (0, 1)


def test_another_project_is_untouched(board):
    from projects.models import Project

    other = Integration.objects.create(
        project=Project.objects.create(name="Other"), provider="jira",
        base_url="https://jira.test", scope="ABC",
    )  # fmt: skip
    store_issues(Target.of(other), [record(2, "In Review", "in_progress")])

    decide(board, {"In Review": "todo"})

    assert Issue.objects.get(integration=other).status == "in_progress"


def test_unknown_status_is_reported_with_known_ones(team, board):
    url = f"{team.url}integrations/{board.pk}/statuses/"

    refused = team.call("owner").patch(url, {"overrides": {"Nowhere": "done"}}, format="json")

    assert refused.status_code == 400
    assert "Known statuses: Done, In Review, To Do." in refused.json()["detail"]


def test_list_shows_statuses_and_counts(team, board):
    decide(board, {"In Review": "todo"})

    rows = team.call("viewer").get(f"{team.url}integrations/{board.pk}/statuses/").json()["results"]

    assert rows[1] == {
        "source_status": "In Review", "provider_status": "in_progress", "override": "todo",
        "status": "todo", "issues": 2,
    }  # fmt: skip


def test_override_requests_a_recount(integration):
    StatusClass.objects.create(
        integration=integration, source_status="Limbo", provider_status="todo"
    )
    IssueChange.objects.all().delete()

    status_mapping.apply_overrides(integration, {"Limbo": "done"})

    assert [note.issue_ids for note in IssueChange.objects.all()] == [[]]


def test_override_is_audited_with_the_former_value(board, make_user):
    actor = make_user()
    status_mapping.apply_overrides(board, {"In Review": "todo"}, actor)

    status_mapping.apply_overrides(board, {"In Review": "done"}, actor)

    line = AuditEvent.objects.latest("id")
    assert (line.action, line.actor_id) == ("integration.statuses_decided", actor.pk)
    assert line.details == {"words": [{"word": "In Review", "before": "todo", "after": "done"}]}
