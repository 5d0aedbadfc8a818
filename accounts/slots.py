"""Things of which only a few may happen at once, on all machines together.

A row is a taken slot. Whoever is killed leaves it behind: it is free when its time is over.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Slot


def take(names: Sequence[str], *, seconds: float) -> Slot | None:
    """The first of these slots that is free; None: all are taken."""
    return next((slot for name in names if (slot := _take(name, seconds))), None)


def prolong(slot: Slot, *, seconds: float) -> None:
    mine = Slot.objects.filter(name=slot.name, holder=slot.holder)
    mine.update(until=timezone.now() + timedelta(seconds=seconds))


def give_back(slot: Slot) -> None:
    """One that ran out and is somebody else's stays theirs."""
    Slot.objects.filter(name=slot.name, holder=slot.holder).delete()


def prune() -> None:
    """Forget those that nobody gave back or took again."""
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
