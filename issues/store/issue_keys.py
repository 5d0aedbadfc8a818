"""Current and former issue keys, and look-ups by key."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from integrations.providers.contract.base import IssueRecord
from issues.models import FormerKey, Issue
from issues.references.issue_refs import Name, Trackers
from issues.store.existing_rows import ExistingRow
from issues.store.lookup import Place, Probe
from issues.store.rows import Upsert

Item = TypeVar("Item")

_FORMER = Upsert(
    model=FormerKey,
    columns=("issue_id", "integration_id", "key"),
    conflict=("integration_id", "key"),
    replace=("issue_id",),
    # Two issues had the same key in turn: the key resolves to the newer issue.
    only_if="EXISTS (SELECT 1 FROM issues_issue one, issues_issue other"
    " WHERE one.id = old.issue_id AND other.id = new.issue_id"
    " AND (one.opened_at, one.id) < (other.opened_at, other.id))",
)
_BY_ID = Probe(Issue, ("id",), "source_issue_id")
# A current key comes before a tombstone's key; among several, the newest issue wins.
_BY_KEY = Probe(
    Issue, ("id", "url"), "key", "r.removed_at IS NOT NULL, r.opened_at DESC, r.id DESC"
)
_BY_FORMER_KEY = Probe(FormerKey, ("issue_id",), "key")


@dataclass(frozen=True, slots=True)
class Rename:
    """Issue with its former keys."""

    pk: int
    opened_at: datetime
    former_keys: frozenset[str]

    @classmethod
    def of(
        cls, pk: int, record: IssueRecord, known: ExistingRow | None, aliases: Collection[str] = ()
    ) -> "Rename":
        """Collect former keys from the record, the stored row and known aliases."""
        former = {*record.previous_keys, *aliases, known.key if known else record.key}
        return cls(pk, record.opened_at, frozenset(former - {record.key}))


def note_former_keys(integration_id: int, renames: Iterable[Rename]) -> None:
    """Store former keys under the integration that now holds the issues."""
    rows: dict[str, int] = {}
    for rename in sorted(renames, key=lambda rename: (rename.opened_at, rename.pk)):
        rows.update(dict.fromkeys(rename.former_keys, rename.pk))
    _FORMER.write([(pk, integration_id, key) for key, pk in sorted(rows.items())])


def by_place(ids: Mapping[Item, Collection[Place]], probe: Probe) -> dict[Item, int]:
    """Return the row id for each item found at one of its places."""
    found = probe.rows({place for places in ids.values() for place in places})
    pks = {item: next((found[p][0] for p in places if p in found), None)
           for item, places in ids.items()}  # fmt: skip
    return {item: pk for item, pk in pks.items() if pk is not None}


def find_by_ids(wanted: Mapping[Item, Collection[Place]]) -> dict[Item, int]:
    return by_place(wanted, _BY_ID)


def find_by_keys(wanted: Mapping[Item, Collection[Place]]) -> dict[Item, int]:
    """Find by displayed key: current keys first, then former keys."""
    found = by_place(wanted, _BY_KEY)
    missing = {item: places for item, places in wanted.items() if item not in found}
    return found | by_place(missing, _BY_FORMER_KEY)


def find_at(wanted: Mapping[Item, Collection[Place]], urls: Mapping[Item, str]) -> dict[Item, int]:
    """Find by current key; if ambiguous, prefer the issue with the given URL."""
    rows = _BY_KEY.rows({place for places in wanted.values() for place in places})
    found = {item: row for item, places in wanted.items()
             if (row := next((rows[p] for p in places if p in rows), None))}  # fmt: skip
    # Two issues with one key, or a renamed scope: one query resolves all of them.
    elsewhere = {item for item, row in found.items() if row[1] != urls[item]}
    places = {place for item in elsewhere for place in wanted[item]}
    by_url = _by_url(places, {urls[item] for item in elsewhere}) if elsewhere else {}
    at = {item: by_url[urls[item]] for item in elsewhere if urls[item] in by_url}
    return {item: row[0] for item, row in found.items()} | at


def _by_url(places: Collection[Place], urls: Collection[str]) -> dict[str, int]:
    rows = Issue.objects.filter(
        integration_id__in={integration_id for integration_id, _ in places},
        key__in={key for _, key in places},
        url__in=urls,
    )
    return dict(rows.order_by("pk").values_list("url", "pk"))


def find_named(trackers: Trackers, names: Iterable[Name]) -> dict[str, int]:
    """Return row ids by ref, tombstones included."""
    unique = {name.ref: name for name in names}
    ids = {ref: trackers.places(name) for ref, name in unique.items() if name.by == "id"}
    keys = {ref: trackers.places(name) for ref, name in unique.items() if name.by == "key"}
    return find_by_ids(ids) | find_by_keys(keys)
