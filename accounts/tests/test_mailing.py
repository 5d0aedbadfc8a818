"""Sending what is due: each row once, and within the time given."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import mailing
from accounts.models import PendingAccount

pytestmark = pytest.mark.django_db
RETRY = timedelta(minutes=2)


@pytest.fixture
def rows():
    made = [PendingAccount(email=f"a{n}@example.com", password="x", site="/") for n in range(3)]
    return PendingAccount.objects.bulk_create(made)


def send(send_one, **options):
    due = PendingAccount.objects.all()
    mailing.send_due(due, send_one, retry=RETRY, **({"seconds": 60} | options))


def test_a_row_that_is_being_sent_is_not_due(rows):
    sent = []

    def send_one(row):
        sent.append(row.pk)
        send(lambda other: sent.append(other.pk))

    send(send_one)

    assert sorted(sent) == [row.pk for row in rows]


def test_a_row_that_another_worker_claimed_is_left(rows):
    sent = []
    later = timezone.now() + RETRY

    def send_one(row):
        sent.append(row.pk)
        PendingAccount.objects.exclude(pk=row.pk).update(due_at=later)

    send(send_one)

    assert sent == [rows[0].pk]


def test_rows_stay_due_when_the_time_is_over(rows):
    sent = []
    moments = iter([0, 0, 5])

    send(lambda row: sent.append(row.pk), seconds=5, clock=moments.__next__)

    assert sent == [rows[0].pk]
    assert PendingAccount.objects.filter(due_at__lte=timezone.now()).count() == 2
