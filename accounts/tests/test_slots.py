"""Slots: taken once, given back, free again when their time is over."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import slots
from accounts.models import Slot

NAMES = ["export:1", "export:2"]


@pytest.mark.django_db
def test_as_many_as_there_are_names():
    first, second = (slots.take(NAMES, seconds=60) for _ in range(2))

    assert {first.name, second.name} == set(NAMES)
    assert slots.take(NAMES, seconds=60) is None

    slots.give_back(first)
    assert slots.take(NAMES, seconds=60).name == first.name


@pytest.mark.django_db
def test_one_that_nobody_gave_back_is_free_after_its_time():
    lost = slots.take(["a"], seconds=60)

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        taken = slots.take(["a"], seconds=60)
        slots.give_back(lost)

        assert taken is not None
        assert Slot.objects.get().holder == taken.holder


@pytest.mark.django_db
def test_one_that_goes_on_is_prolonged():
    slot = slots.take(["a"], seconds=60)

    with time_machine.travel(timezone.now() + timedelta(seconds=50)):
        slots.prolong(slot, seconds=60)
    with time_machine.travel(timezone.now() + timedelta(seconds=100)):
        assert slots.take(["a"], seconds=60) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_get_one_than_there_are(at_once):
    taken = at_once(8, lambda number: slots.take(NAMES, seconds=60))

    assert sorted(slot.name for slot in taken if slot) == NAMES
