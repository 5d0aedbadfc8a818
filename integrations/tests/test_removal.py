import pytest
from django.utils import timezone

from integrations.lifecycle import remove
from integrations.models import ApiLog, FeedCursor, Integration, SyncRun
from integrations.tasks import purge_removed
from projects.models import Project
from projects.services import remove_project


@pytest.fixture
def url(team, connect) -> str:
    return f"{team.url}integrations/{connect().pk}/"


def test_removed_integration_is_out_of_sight_at_once(team, url):
    assert team.call("maintainer").delete(url).status_code == 204

    assert team.call("owner").get(url).status_code == 404
    assert team.call("owner").patch(url, {"paused": False}).status_code == 404
    assert team.call("owner").get(f"{team.url}integrations/").json()["count"] == 0
    assert team.call("owner").get(f"{team.url}syncs/").json()["count"] == 0
    assert not Integration.objects.exists()


def test_large_integration_is_out_of_sight_and_left_to_the_sweep(team, url, monkeypatch):
    monkeypatch.setattr(remove, "PATIENCE", -1.0)

    assert team.call("maintainer").delete(url).status_code == 204

    assert team.call("owner").get(url).status_code == 404
    assert team.call("owner").patch(url, {"paused": False}).status_code == 404
    assert team.call("owner").get(f"{team.url}integrations/").json()["count"] == 0
    assert team.call("owner").get(f"{team.url}syncs/").json()["count"] == 0
    assert Integration.objects.get().next_sync_at is None


def test_same_scope_can_be_connected_again_at_once(team, url, connect, monkeypatch):
    monkeypatch.setattr(remove, "PATIENCE", -1.0)
    team.call("owner").delete(url)

    again = connect()

    assert f"/{again.pk}/" not in url
    assert Integration.objects.count() == 2


def test_purge_takes_all_that_points_to_it_and_nothing_else(team, connect):
    gone, kept = connect("octo/gone"), connect("octo/kept")
    for integration in (gone, kept):
        FeedCursor.objects.create(integration=integration, feed="issues")
    remove.remove_integration(integration=gone, actor=team.owner)

    assert Integration.objects.get() == kept
    for model in (FeedCursor, SyncRun, ApiLog):
        assert {row.integration for row in model.objects.all()} == {kept}


def test_purge_takes_a_removed_project_with_its_integrations(team, connect):
    connect()
    remove_project(project=team.project)

    purge_removed()

    assert list(Project.objects.all()) == [team.theirs]
    assert not Integration.objects.exists()


def test_purge_stops_at_the_deadline_and_resumes(team, connect, monkeypatch):
    monkeypatch.setattr(remove, "BATCH", 1)
    integration = connect()
    for _ in range(3):
        ApiLog.objects.create(integration=integration, provider="github", duration_ms=1, success=1)
    Integration.objects.update(removed_at=timezone.now())
    rounds = 1

    while not remove.purge_removed(seconds=0):
        rounds += 1
        assert rounds < 20

    assert rounds > 3
    assert not Integration.objects.exists()


def test_open_runs_end_before_rows_go(team, connect):
    integration = connect()
    Project.objects.filter(pk=team.project.pk).update(removed_at=timezone.now())

    remove.stop_runs(integration)

    assert not SyncRun.objects.exists()
    stopped = Integration.objects.get()
    assert (stopped.status, stopped.next_sync_at) == ("disabled", None)


def test_nothing_to_purge_is_two_looks(team, connect, django_assert_num_queries):
    connect()

    with django_assert_num_queries(2):
        assert remove.purge_removed(seconds=1)
