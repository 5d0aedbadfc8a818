"""Deliveries as a tracker makes them: doubled, disordered, late or lost, and the table is right."""

from collections.abc import Callable, Iterator, Mapping

import pytest
from django.test import Client

from integrations.models import Integration, IssueHint, SyncRun, WebhookDelivery
from integrations.webhooks import receive
from issues import tasks
from simulator.server import TrackerServer
from tests.simulated_sync import Desk


@pytest.fixture
def new_desk(
    trackers: TrackerServer, open_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """Its tracker delivers here, what it holds on `release`; its first sync has yet to come."""
    monkeypatch.setattr(tasks.advance_sync_run, "apply_async", lambda *args, **options: None)
    monkeypatch.setattr(trackers.deliveries, "_post", post_to_this_process)
    desk = open_desk(trackers, issues=110)
    secret = receive.renew_secret(integration=desk.integration, actor=desk.owner)
    trackers.deliveries.behave(hold=True)
    url = f"http://diip.test/api/webhooks/github/{desk.integration.pk}/"
    trackers.deliveries.subscribe("github", url, secret)
    yield desk
    trackers.deliveries.unsubscribe_all()
    trackers.deliveries.behave()


@pytest.fixture
def hooked_desk(new_desk: Desk) -> Desk:
    """The same, synced, and greeted by its tracker."""
    new_desk.sync()
    assert statuses(new_desk) == [200]
    new_desk.server.journal.clear()
    return new_desk


def post_to_this_process(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    path = url.removeprefix("http://diip.test")
    return Client().post(path, body, content_type="application/json", headers=headers).status_code


def statuses(desk: Desk) -> list[int | None]:
    return [delivery.status for delivery in desk.server.deliveries.release()]


def run_all(desk: Desk) -> list[str]:
    """Every open run to its end; their kinds."""
    runs = list(SyncRun.objects.filter(state__in=SyncRun.OPEN_STATES))
    for run in runs:
        desk.advance(run)
        assert run.state == "succeeded"
    return [run.kind for run in runs]


def times_asked(desk: Desk, end: str) -> int:
    return sum(seen.path.endswith(end) for seen in desk.requests())


def test_ping_is_taken_and_names_nothing(hooked_desk: Desk) -> None:
    delivery = WebhookDelivery.objects.get()

    assert (delivery.event, delivery.effect) == ("ping", "nothing")


def test_changed_issue_is_asked_for_by_itself(hooked_desk: Desk) -> None:
    _, _, number = hooked_desk.issue_on_page(1)
    hooked_desk.changes.edit(number, title="Delivered")

    assert statuses(hooked_desk) == [202]
    assert run_all(hooked_desk) == ["targeted"]
    assert times_asked(hooked_desk, f"/issues/{number}") == 1
    assert times_asked(hooked_desk, "/issues") == 0
    assert not IssueHint.objects.exists()
    assert hooked_desk.differences() == {}


def test_five_copies_in_no_order_come_to_the_truth(hooked_desk: Desk) -> None:
    hooked_desk.server.deliveries.behave(hold=True, copies=5, shuffle=True)
    _, _, number = hooked_desk.issue_on_page(1)
    changes = hooked_desk.changes
    changes.edit(number, title="First")
    changes.close(number)
    changes.reopen(number)
    changes.comment(number)

    answered = statuses(hooked_desk)

    assert (len(answered), answered.count(202), answered.count(200)) == (20, 4, 16)
    assert run_all(hooked_desk) == ["targeted"]
    assert times_asked(hooked_desk, f"/issues/{number}") == 1
    assert hooked_desk.differences() == {}


def test_deleted_issue_is_buried_because_the_tracker_says_so(hooked_desk: Desk) -> None:
    _, _, number = hooked_desk.issue_on_page(1)
    hooked_desk.changes.delete(number)

    assert statuses(hooked_desk) == [202]
    run_all(hooked_desk)
    assert hooked_desk.differences() == {}


@pytest.mark.parametrize("signature", ["none", "bad", "wrong_secret"])
def test_forged_delivery_starts_nothing(hooked_desk: Desk, signature: str) -> None:
    hooked_desk.server.deliveries.behave(hold=True, signature=signature)
    _, _, number = hooked_desk.issue_on_page(1)
    hooked_desk.changes.close(number)

    assert statuses(hooked_desk) == [401]
    assert run_all(hooked_desk) == []


def test_what_was_never_delivered_is_found_by_the_poll(hooked_desk: Desk) -> None:
    hooked_desk.server.deliveries.behave(hold=True, drop=100)
    _, _, number = hooked_desk.issue_on_page(1)
    hooked_desk.changes.close(number)

    assert statuses(hooked_desk) == []
    hooked_desk.sync()
    assert hooked_desk.differences() == {}


def test_delivery_before_the_first_sync_is_part_of_it(new_desk: Desk) -> None:
    _, _, number = new_desk.issue_on_page(1)
    new_desk.changes.close(number)

    assert statuses(new_desk) == [200, 202]
    assert run_all(new_desk) == ["incremental"]
    assert not IssueHint.objects.exists()
    assert new_desk.differences() == {}


def test_delivery_to_a_paused_integration_waits_until_it_goes_on(hooked_desk: Desk) -> None:
    Integration.objects.update(status="disabled")
    _, _, number = hooked_desk.issue_on_page(1)
    hooked_desk.changes.close(number)

    assert statuses(hooked_desk) == [202]
    assert run_all(hooked_desk) == []
    Integration.objects.update(status="healthy")
    hooked_desk.sync()
    assert not IssueHint.objects.exists()
    assert hooked_desk.differences() == {}
