"""Concurrency slots, shared by all machines.

A row is an occupied slot. A killed process leaves its row behind; it expires at `until`.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Slot


def take(names: Sequence[str], *, seconds: float) -> Slot | None:
    """Occupy the first free slot of `names`; None if all are taken."""
    return next((slot for name in names if (slot := _take(name, seconds))), None)


def prolong(slot: Slot, *, seconds: float) -> None:
    mine = Slot.objects.filter(name=slot.name, holder=slot.holder)
    mine.update(until=timezone.now() + timedelta(seconds=seconds))


def give_back(slot: Slot) -> None:
    """Release the slot, unless it expired and another holder took it."""
    Slot.objects.filter(name=slot.name, holder=slot.holder).delete()


def prune() -> None:
    """Delete expired slots."""
    Slot.objects.filter(until__lte=timezone.now()).delete()


def _take(name: str, seconds: float) -> Slot | None:
    now = timezone.now()
    Slot.objects.filter(name=name, until__lte=now).delete()
    slot = Slot(name=name, holder=uuid.uuid4(), until=now + timedelta(seconds=seconds))
    try:
        with transaction.atomic():
            slot.save(force_insert=True)
    except IntegrityError:
        return None
    return slot
