"""Concurrent webhook deliveries."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from integrations.models import Integration, IssueHint, SyncRun, WebhookDelivery
from issues.tests.delivering import deliver, hints, sent

__all__ = ["deliver", "sent"]

pytestmark = [
    pytest.mark.skipif(connection.vendor == "sqlite", reason="needs concurrent writers"),
    pytest.mark.django_db(transaction=True),
]


def at_once(times: int, act: Callable[[int], object]) -> list[object]:
    together = Barrier(times)

    def wait_and_act(number: int) -> object:
        together.wait()
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(wait_and_act, range(times)))


def test_one_of_five_concurrent_copies_has_an_effect(deliver, sent):
    statuses = at_once(5, lambda _: deliver().status_code)

    assert sorted(statuses) == [200, 200, 200, 200, 202]
    assert (WebhookDelivery.objects.get().copies, hints(), len(sent)) == (5, [("101", "#1")], 1)


def test_concurrent_deliveries_all_count_and_open_one_run(deliver, sent):
    effects = at_once(5, lambda n: deliver([(str(n), ""), ("9", "")], delivery=str(n)).json())

    assert effects == [{"effect": "issues"}] * 5
    assert (IssueHint.objects.count(), SyncRun.objects.count(), len(sent)) == (6, 1, 1)


def test_concurrent_deliveries_in_different_orders_do_not_deadlock(deliver):
    names = [(str(number), f"#{number}") for number in range(30)]
    orders = [names, names[::-1]]

    statuses = at_once(6, lambda n: deliver(orders[n % 2], delivery=str(n)).status_code)

    assert (statuses, IssueHint.objects.count()) == ([202] * 6, 30)


def test_concurrent_removal_is_no_error(deliver, make_user):
    from integrations.lifecycle.remove import remove_integration

    owner, integration = make_user("b@example.com"), Integration.objects.get()

    def act(number: int) -> int:
        if number == 0:
            return remove_integration(integration=integration, actor=owner) or 204
        return deliver(delivery=str(number)).status_code

    statuses = at_once(5, act)

    assert set(statuses) <= {202, 204, 401}
    assert WebhookDelivery.objects.count() == IssueHint.objects.count() == 0
