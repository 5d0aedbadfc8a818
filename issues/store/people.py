"""Persons and labels that records mention, as ids."""

from collections.abc import Iterable

from django.utils import timezone

from integrations.providers.base import LabelRecord, PersonRecord
from issues.models import Label, Person
from issues.store.rows import Find, Upsert
from issues.store.target import Target

_PEOPLE = Upsert(
    model=Person,
    columns=(
        "project_id", "provider", "origin", "source_person_id",
        "login", "display_name", "url", "is_bot", "created_at", "updated_at",
    ),
    conflict=("project_id", "provider", "origin", "source_person_id"),
    replace=("login", "display_name", "url", "is_bot", "updated_at"),
    only_if="(old.login, old.display_name, old.url, old.is_bot)"
    " <> (new.login, new.display_name, new.url, new.is_bot)",
)  # fmt: skip

_FIND_PEOPLE = Find(
    model=Person,
    columns=("source_person_id", "id"),
    same=("project_id", "provider", "origin"),
    by="source_person_id",
)
_LABELS = Upsert(
    model=Label,
    columns=("integration_id", "name", "colour"),
    conflict=("integration_id", "name"),
    replace=("colour",),
    only_if="old.colour <> new.colour",
)

_FIND_LABELS = Find(model=Label, columns=("name", "id"), same=("integration_id",), by="name")


def learn_people(target: Target, people: Iterable[PersonRecord | None]) -> None:
    """Store whoever is new or changed; their ids are then in `target.person_ids`."""
    new = {person for person in people if person and person not in target.person_ids}
    if not new:
        return
    # The same account may come in two spellings within one page: one of them is stored.
    accounts = {person.source_person_id: person for person in new}
    now = timezone.now()
    # Sorted: two integrations of a project that meet the same people lock rows in the same order.
    _PEOPLE.write(
        [
            (target.project_id, target.provider, target.origin, p.source_person_id,
             p.login, p.display_name, p.url, p.is_bot, now, now)
            for _, p in sorted(accounts.items())
        ]
    )  # fmt: skip
    same = (target.project_id, target.provider, target.origin)
    ids = dict(_FIND_PEOPLE.rows(same, accounts))
    target.person_ids.update({person: ids[person.source_person_id] for person in new})


def person_id(target: Target, person: PersonRecord | None) -> int | None:
    return target.person_ids.get(person) if person else None


def learn_labels(target: Target, labels: Iterable[LabelRecord]) -> None:
    """Store labels not met yet; their ids are then in `target.label_ids`."""
    new = {label.name: label for label in labels if label.name not in target.label_ids}
    if not new:
        return
    _LABELS.write(
        [(target.integration_id, label.name, label.colour) for _, label in sorted(new.items())]
    )
    target.label_ids.update(_FIND_LABELS.rows((target.integration_id,), new))
