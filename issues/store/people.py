"""Storage of people and labels named by records."""

from collections.abc import Iterable
from dataclasses import replace

from django.utils import timezone

from integrations.providers.contract.base import LabelRecord, PersonRecord
from issues.identity.account_matching import digest_email
from issues.models import Label, Person
from issues.store.rows import Find, Upsert
from issues.store.store_context import Target

_PEOPLE = Upsert(
    model=Person,
    columns=(
        "project_id", "provider", "origin", "source_person_id",
        "login", "display_name", "url", "is_bot", "is_deleted", "email_digest",
        "created_at", "updated_at",
    ),
    conflict=("project_id", "provider", "origin", "source_person_id"),
    replace=(
        "login", "display_name", "url", "is_bot", "is_deleted", "email_digest", "updated_at",
    ),
    only_if="(old.login, old.display_name, old.url, old.is_bot, old.is_deleted, old.email_digest)"
    " <> (new.login, new.display_name, new.url, new.is_bot, new.is_deleted, new.email_digest)",
)  # fmt: skip
_PEOPLE_SEEN_BEFORE = replace(
    _PEOPLE, only_if=f"old.updated_at <= new.updated_at AND {_PEOPLE.only_if}"
)

_FIND_PEOPLE = Find(
    model=Person,
    columns=("source_person_id", "id"),
    same=("project_id", "provider", "origin"),
    by="source_person_id",
)
_LABELS = Upsert(
    model=Label,
    columns=("integration_id", "kind", "name", "colour"),
    conflict=("integration_id", "kind", "name"),
    replace=("colour",),
    only_if="old.colour <> new.colour",
)

_FIND_LABELS = Find(Label, ("name", "id"), ("integration_id", "kind"), "name")


def store_people(target: Target, people: Iterable[PersonRecord | None]) -> None:
    """Store new or changed people and cache their ids in `target.person_ids`."""
    new = {person for person in people if person and person not in target.person_ids}
    if not new:
        return
    # One account can appear in two spellings within a page; one of them is stored.
    accounts = {person.source_person_id: person for person in new}
    now = timezone.now()
    seen_at = target.seen_at or now
    upsert = _PEOPLE_SEEN_BEFORE if target.seen_at else _PEOPLE
    # Sorted, so that integrations of one project lock shared rows in the same order.
    upsert.write(
        [
            (target.project_id, target.provider, target.origin, p.source_person_id,
             p.login, p.display_name, p.url, _is_bot(p), p.is_deleted,
             digest_email(p.email), now, seen_at)
            for _, p in sorted(accounts.items())
        ]
    )  # fmt: skip
    same = (target.project_id, target.provider, target.origin)
    ids = dict(_FIND_PEOPLE.rows(same, accounts))
    target.person_ids.update({person: ids[person.source_person_id] for person in new})


def _is_bot(person: PersonRecord) -> bool:
    """Detect bots; no supported tracker lets users choose `[bot]` in a login."""
    return person.is_bot or person.login.endswith("[bot]")


def person_id(target: Target, person: PersonRecord | None) -> int | None:
    return target.person_ids.get(person) if person else None


def store_labels(target: Target, labels: Iterable[LabelRecord]) -> None:
    """Store new labels and cache their ids in `target.label_ids`, by kind and name."""
    named = {(label.kind, label.name): label for label in labels}
    new = {key: label for key, label in named.items() if key not in target.label_ids}
    if not new:
        return
    own = target.integration_id
    _LABELS.write([(own, kind, name, label.colour) for (kind, name), label in sorted(new.items())])
    for kind in {kind for kind, _ in new}:
        names = [name for of_kind, name in new if of_kind == kind]
        found = _FIND_LABELS.rows((own, kind), names)
        target.label_ids.update({(kind, name): pk for name, pk in found})
