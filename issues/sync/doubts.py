"""What a census's list and our rows disagree about; each difference is settled once a run."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from integrations.providers.base import IssueRef
from issues.models import CensusEntry, Issue
from issues.sync.asking import Doubt
from issues.sync.pages import Reading

AT_ONCE = 2_000
"""Differences that are looked up together."""


class AskedTwice(Exception):
    """A census was about to ask for an issue that it has settled: it would never end."""

    def __init__(self, key: str) -> None:
        self.message = (
            f"The census was about to ask for {key} a second time, so it stopped: it might never "
            "have ended. What it stored stays; the next one begins anew. If this comes back, "
            "report it as a fault."
        )
        super().__init__(self.message)


def find_doubts(reading: Reading) -> Iterator[Doubt]:
    yield from _listed(reading)
    yield from _vanished(reading)


def count_listed(reading: Reading) -> int:
    """Listed issues that are not here, or here in an older version."""
    return _differing(reading).count()


def refuse_second(reading: Reading, doubt: Doubt) -> None:
    entry = CensusEntry.objects.filter(**_entry(reading, doubt), settled=True)
    if entry.exists():
        raise AskedTwice(doubt.ref.key)


def is_listed(reading: Reading, doubt: Doubt) -> bool:
    return CensusEntry.objects.filter(**_entry(reading, doubt)).exists()


def note_settled(reading: Reading, doubt: Doubt) -> None:
    settled = {"key": doubt.ref.key, "settled": True}
    CensusEntry.objects.update_or_create(**_entry(reading, doubt), defaults=settled)


def _entry(reading: Reading, doubt: Doubt) -> dict[str, Any]:
    return {"run": reading.run, "source_issue_id": doubt.ref.source_issue_id}


def _differing(reading: Reading) -> QuerySet[CensusEntry]:
    same = _ours(reading).filter(source_issue_id=OuterRef("source_issue_id"), removed_at=None)
    up_to_date = same.exclude(source_updated_at__lt=OuterRef("source_updated_at"))
    entries = CensusEntry.objects.filter(run=reading.run, settled=False)
    return entries.exclude(Exists(up_to_date))


def _listed(reading: Reading) -> Iterator[Doubt]:
    names = _differing(reading).values_list("source_issue_id", "key")
    for source_id, key in list(names[:AT_ONCE]):
        known = _ours(reading).filter(source_issue_id=source_id)
        pk = known.values_list("pk", flat=True).first()
        yield Doubt(IssueRef(source_issue_id=source_id, key=key), pk)


def _vanished(reading: Reading) -> Iterator[Doubt]:
    met = CensusEntry.objects.filter(run=reading.run, source_issue_id=OuterRef("source_issue_id"))
    # What came after the census began was never on its list.
    before = _ours(reading).filter(removed_at=None, created_at__lt=reading.run.started_at)
    names = before.exclude(Exists(met)).values_list("pk", "source_issue_id", "key")
    for pk, source_id, key in list(names[:AT_ONCE]):
        yield Doubt(IssueRef(source_issue_id=source_id, key=key), pk)


def _ours(reading: Reading) -> QuerySet[Issue]:
    return Issue.objects.filter(integration_id=reading.target.integration_id)
