"""Slots are taken once, released, and free after expiry."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import slots
from accounts.models import Slot

NAMES = ["export:1", "export:2"]


@pytest.mark.django_db
def test_each_name_is_one_slot():
    first, second = (slots.take(NAMES, seconds=60) for _ in range(2))

    assert {first.name, second.name} == set(NAMES)
    assert slots.take(NAMES, seconds=60) is None

    slots.give_back(first)
    assert slots.take(NAMES, seconds=60).name == first.name


@pytest.mark.django_db
def test_expired_slot_is_free():
    lost = slots.take(["a"], seconds=60)

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        taken = slots.take(["a"], seconds=60)
        slots.give_back(lost)

        assert taken is not None
        assert Slot.objects.get().holder == taken.holder


@pytest.mark.django_db
def test_prolonged_slot_stays_taken():
    slot = slots.take(["a"], seconds=60)

    with time_machine.travel(timezone.now() + timedelta(seconds=50)):
        slots.prolong(slot, seconds=60)
    with time_machine.travel(timezone.now() + timedelta(seconds=100)):
        assert slots.take(["a"], seconds=60) is None


@pytest.mark.django_db(transaction=True)
def test_simultaneous_takes_never_exceed_the_slots(at_once):
    taken = at_once(8, lambda number: slots.take(NAMES, seconds=60))

    assert sorted(slot.name for slot in taken if slot) == NAMES
