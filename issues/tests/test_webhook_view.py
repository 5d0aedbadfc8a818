"""Deliveries over HTTP: acceptance, effects, and safe repetition."""

from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from integrations.models import Integration, IssueHint, SyncRun, WebhookDelivery
from integrations.webhooks import deliveries
from issues import tasks
from issues.tests.delivering import deliver, hints, sender_for, sent

__all__ = ["deliver", "sent"]


def test_delivery_queues_its_issue(deliver, sent):
    answer = deliver()

    run = SyncRun.objects.get()
    assert (answer.status_code, answer.json()) == (202, {"effect": "issues"})
    assert hints() == [("101", "#1")]
    assert (run.kind, run.trigger, run.state, sent) == ("targeted", "webhook", "queued", [run.pk])
    assert Integration.objects.get().webhook_seen_at is not None


def test_delivery_about_the_scope_makes_a_full_sync_due(deliver, sent):
    answer = deliver([], scope=True, event="repository")

    run = SyncRun.objects.get()
    assert (answer.status_code, answer.json()) == (202, {"effect": "scope"})
    assert (run.kind, run.trigger, sent, hints()) == ("incremental", "webhook", [run.pk], [])


def test_ping_gets_200_and_starts_nothing(deliver, sent):
    answer = deliver([], event="ping")

    assert (answer.status_code, answer.json()) == (200, {"effect": "nothing"})
    assert (sent, hints()) == ([], [])


def test_event_without_an_issue_is_accepted(deliver, sent):
    answer = deliver([], event="star")

    assert (answer.status_code, answer.json()) == (200, {"effect": "nothing"})
    assert (WebhookDelivery.objects.get().event, sent) == ("star", [])


def test_five_copies_have_one_effect(deliver, sent):
    statuses = [deliver().status_code for _ in range(5)]

    assert statuses == [202, 200, 200, 200, 200]
    assert (WebhookDelivery.objects.get().copies, len(sent), hints()) == (5, 1, [("101", "#1")])


def test_copy_after_the_refetch_has_no_effect(deliver, sent):
    deliver()
    IssueHint.objects.all().delete()
    SyncRun.objects.update(state="succeeded")

    deliver()

    assert (hints(), len(sent)) == ([], 1)


def test_copies_without_an_id_are_recognised_by_their_body(deliver):
    bodies = ([("1", "")], [("1", "")], [("2", "")])

    assert [deliver(named, delivery=None).status_code for named in bodies] == [202, 200, 202]


def test_same_id_at_two_integrations_has_two_effects(deliver, integration, make_user):
    other = Integration.objects.create(
        project=integration.project, provider="github", base_url="https://x.test", scope="octo/b"
    )
    deliver_there = sender_for(other, make_user("bob@example.com"))

    assert deliver().status_code == deliver_there().status_code == 202
    assert IssueHint.objects.count() == SyncRun.objects.count() == 2


def test_replay_after_retention_only_refetches(deliver, sent):
    deliver()
    SyncRun.objects.update(state="succeeded")
    WebhookDelivery.objects.update(received_at=timezone.now() - timedelta(days=31))
    deliveries.prune()

    assert deliver().status_code == 202
    assert (hints(), len(sent)) == ([("101", "#1")], 2)


def test_order_does_not_matter(deliver):
    deliver(delivery="newer", event="closed")
    first = IssueHint.objects.get()
    IssueHint.objects.update(attempts=2)

    deliver(delivery="older", event="opened")

    again = IssueHint.objects.get()
    assert (again.pk, again.attempts) == (first.pk, 0)
    assert again.noted_at > first.noted_at


def test_first_sync_refetches_hints_that_arrive_during_it(deliver, integration, sent):
    run = SyncRun.objects.create(integration=integration, trigger="initial", state="running")

    assert deliver().status_code == 202
    assert (SyncRun.objects.get(), sent, hints()) == (run, [], [("101", "#1")])


@pytest.mark.parametrize("kind", ["targeted", "incremental"])
def test_full_sync_follows_an_open_run(deliver, integration, sent, kind):
    later = timezone.now() + timedelta(minutes=5)
    Integration.objects.update(next_sync_at=later)
    SyncRun.objects.create(integration=integration, trigger="manual", kind=kind, state="running")

    deliver([], scope=True)

    assert Integration.objects.get().next_sync_at < later
    assert sent == []


@pytest.mark.parametrize(
    "state",
    [
        {"status": "disabled", "status_reason": "paused"},
        {"status": "needs_attention", "status_reason": "auth"},
        {"status": "needs_attention", "status_reason": "key_unknown"},
        {"status": "needs_attention", "status_reason": "access_denied"},
        {"status": "degraded", "failure_count": 3},
        {"status": "healthy", "failure_count": 1},
    ],
    ids=str,
)
def test_stopped_or_failing_integration_keeps_the_hint_without_requests(deliver, sent, state):
    Integration.objects.update(**state, next_sync_at=None)

    answers = [deliver(), deliver([], scope=True, delivery="d2")]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert (hints(), sent, SyncRun.objects.count()) == ([("101", "#1")], [], 0)
    assert Integration.objects.get().next_sync_at is None


def test_run_waits_as_long_as_the_tracker_requests(deliver):
    until = timezone.now() + timedelta(minutes=30)
    Integration.objects.update(status="throttled", next_sync_at=until)

    deliver()

    assert SyncRun.objects.get().not_before == until


def test_nothing_is_lost_if_the_broker_is_down(deliver, monkeypatch):
    def silent(*args, **options):
        raise OperationalError

    monkeypatch.setattr(tasks.advance_sync_run, "apply_async", silent)

    assert deliver().status_code == 202
    assert (SyncRun.objects.get().sent_at, hints()) == (None, [("101", "#1")])


def test_each_name_of_an_issue_is_queued_once(deliver):
    deliver([("101", "#1"), ("102", ""), ("", "#3"), ("101", "#1"), ("", "")])

    assert hints() == [("", "#3"), ("101", "#1"), ("102", "")]


@pytest.mark.parametrize("accept", ["application/xml", "text/html;q=0.1", "rubbish"])
def test_accept_header_is_ignored(deliver, accept):
    assert deliver(headers={"Accept": accept}).json() == {"effect": "issues"}


@pytest.mark.parametrize("count", [1, 60])
def test_delivery_needs_few_statements(deliver, django_assert_max_num_queries, count):
    named = [(str(number), f"#{number}") for number in range(count)]

    with django_assert_max_num_queries(20):
        assert deliver(named).status_code == 202


def test_unreadable_body_is_rejected_and_not_stored(deliver, sent):
    answer = deliver.post(b'{"issues": [', headers={"X-Delivery": "d1"})

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["detail"] == "The body is not JSON."
    assert (WebhookDelivery.objects.count(), hints(), sent) == (0, [], [])
    assert deliver(delivery="d1").status_code == 202
