"""Choice of queue and order of runs; a large project delays no other."""

from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone

from integrations.models import FeedCursor, Integration, SyncRun
from issues import tasks
from issues.run_engine import Progress
from issues.sync import run_lease, scheduler
from projects.models import Project

_NUMBERS = count(1)


def connect(project: Project, *, was_read: bool = False, **run: object) -> SyncRun:
    integration = Integration.objects.create(
        project=project, provider="github", base_url="https://t.test", scope=f"a/{next(_NUMBERS)}"
    )
    if was_read:
        FeedCursor.objects.create(integration=integration, feed="issues", horizon=timezone.now())
    return SyncRun.objects.create(integration=integration, **{"trigger": "scheduled"} | run)


@pytest.fixture
def project(db) -> Project:
    return Project.objects.create(name="Small")


@pytest.fixture
def huge(db) -> Project:
    """Project with fifty integrations: slices running, queued in the broker, and waiting."""
    huge = Project.objects.create(name="Huge")
    for _ in range(50):
        connect(huge, pages=10)
    return huge


def taken() -> dict[int, str]:
    return {turn.run_id: turn.queue for turn in scheduler.dispatch_runs()}


@pytest.mark.parametrize(
    ("kind", "trigger", "was_read", "pages", "expected"),
    [
        ("incremental", "manual", True, 0, "interactive"),
        ("incremental", "manual", True, 3, "backfill"),
        ("incremental", "webhook", True, 0, "interactive"),
        ("incremental", "scheduled", True, 0, "sync"),
        ("incremental", "scheduled", True, 3, "backfill"),
        ("incremental", "scheduled", False, 0, "interactive"),
        ("incremental", "initial", False, 0, "interactive"),
        ("incremental", "initial", False, 3, "backfill"),
        ("targeted", "webhook", True, 0, "interactive"),
        ("targeted", "scheduled", True, 0, "interactive"),
        ("census", "scheduled", True, 0, "backfill"),
        ("census", "manual", True, 0, "backfill"),
        ("remap", "manual", True, 0, "backfill"),
    ],
)
def test_queue_depends_on_run_length(kind, trigger, was_read, pages, expected):
    run = SyncRun(kind=kind, trigger=trigger, pages=pages)

    assert scheduler.queue_of(run, was_read=was_read) == expected


def test_first_slice_is_short(project):
    assert scheduler.slice_of(connect(project)) < scheduler.slice_of(connect(project, pages=1))


def test_broker_holds_few_long_slices(huge):
    assert (len(taken()), len(taken())) == (scheduler.MIN_QUEUED, 0)


def test_as_many_slices_wait_as_are_running(huge):
    ids = SyncRun.objects.values_list("pk", flat=True)[:10]
    SyncRun.objects.filter(pk__in=list(ids)).update(
        state="running", lease_until=timezone.now() + timedelta(minutes=1)
    )

    assert len(taken()) == 10


def test_regular_sync_is_sent_despite_a_full_broker(huge, project):
    taken()
    run = connect(project, was_read=True)

    assert taken() == {run.pk: "sync"}


def test_first_slice_of_a_project_is_sent_despite_a_full_broker(huge, project):
    taken()
    run = connect(project)

    assert taken() == {run.pk: "interactive"}


def test_project_with_fewest_running_slices_is_next(huge, project):
    taken()
    run = connect(project, pages=10)
    SyncRun.objects.filter(integration__project=huge).exclude(sent_at=None).update(
        state="succeeded"
    )

    assert run.pk in taken()


def test_fifty_first_syncs_of_one_project_are_sent_a_few_at_a_time(project):
    for _ in range(50):
        connect(project)

    assert len(taken()) == scheduler.MIN_QUEUED


def test_longest_waiting_run_is_next(huge, monkeypatch):
    """Round robin: each run of a project gets a slice before the first gets its second."""
    sent: list[int] = []
    monkeypatch.setattr(
        tasks.advance_sync_run, "apply_async", lambda args, **options: sent.append(args[0])
    )
    monkeypatch.setattr(tasks, "advance_run", read_a_slice)

    tasks.resume_open_runs()
    for place in range(50):
        tasks.advance_sync_run(sent[place])

    assert len(set(sent[:50])) == 50


def read_a_slice(run_id: int, *, owner: str) -> Progress:
    run = run_lease.claim(run_id, owner)
    assert run is not None
    run_lease.release(run)
    return Progress.MORE
