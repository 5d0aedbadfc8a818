from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from diip.common.errors import Conflict
from integrations.lifecycle.sync_requests import request_sync
from integrations.models import Integration, SyncRun


@pytest.fixture
def integration(connect) -> Integration:
    made = connect()
    SyncRun.objects.all().delete()
    return made


def test_open_run_is_everybodys(integration):
    run, is_new = request_sync(integration=integration, trigger="manual")
    again, is_new_again = request_sync(integration=integration, trigger="scheduled", kind="census")

    assert (is_new, is_new_again) == (True, False)
    assert run == again
    assert (again.trigger, again.kind) == ("manual", "incremental")


@pytest.mark.parametrize("state", ["succeeded", "failed", "parked"])
def test_after_a_run_that_has_ended_a_new_one_begins(integration, state):
    request_sync(integration=integration, trigger="manual")
    SyncRun.objects.update(state=state)

    _, is_new = request_sync(integration=integration, trigger="manual")

    assert is_new


def test_run_that_ends_between_looking_and_creating_is_no_trouble(integration, monkeypatch):
    SyncRun.objects.create(integration=integration, trigger="manual")
    looks = []

    def first_look_sees_nothing(self):
        looks.append(1)
        return None if len(looks) == 1 else next(iter(self.order_by("pk")), None)

    monkeypatch.setattr("django.db.models.query.QuerySet.first", first_look_sees_nothing)

    run, is_new = request_sync(integration=integration, trigger="manual")

    assert (run.trigger, is_new, len(looks)) == ("manual", False, 2)


@pytest.mark.parametrize("reason", ["auth", "key_unknown"])
def test_without_a_good_token_it_refuses_with_the_fix(integration, reason):
    integration.status, integration.status_reason = "needs_attention", reason

    with pytest.raises(Conflict, match="token"):
        request_sync(integration=integration, trigger="manual")
    assert not SyncRun.objects.exists()


def test_paused_integration_refuses_with_the_fix(integration):
    integration.status = "disabled"

    with pytest.raises(Conflict, match="Resume it"):
        request_sync(integration=integration, trigger="manual")


@pytest.mark.parametrize("reason", ["access_denied", "not_found", "config"])
def test_what_may_have_been_put_right_elsewhere_is_tried(integration, reason):
    integration.status, integration.status_reason = "needs_attention", reason

    assert request_sync(integration=integration, trigger="manual")[1]


def test_whoever_asks_waits_while_the_tracker_says_so(integration):
    until = timezone.now() + timedelta(minutes=30)
    integration.status, integration.next_sync_at = "throttled", until

    run, _ = request_sync(integration=integration, trigger="manual")

    assert run.not_before == until


@pytest.mark.skipif(connection.vendor == "sqlite", reason="needs concurrent writers")
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_opens_the_run(connect):
    made = connect()
    SyncRun.objects.all().delete()
    together = Barrier(4)

    def ask(_: int) -> tuple[SyncRun, bool]:
        together.wait()
        try:
            return request_sync(integration=made, trigger="manual")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))

    assert len({run.pk for run, _ in answers}) == 1
    assert sorted(is_new for _, is_new in answers) == [False, False, False, True]
