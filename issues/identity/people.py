"""Decisions on people: bot flag, and accounts of one person.

Derived issue fields (first response) are updated after the response, by `review_responses`. A
message triggers it, and a sweep repeats it for everyone who changed in the last days, in case a
message was lost. It writes only differences, so repeating it is safe.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.models import User
from diip.common.errors import Conflict, NotFound
from issues.derived_fields import enrich_issues
from issues.identity.account_matching import connect
from issues.identity.match_suggestions import lock_matches
from issues.models import Comment, Issue, Person, PersonMatch, Transition

logger = logging.getLogger(__name__)

State = PersonMatch.State
REVIEWED_FOR = timedelta(days=2)
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Decided:
    """Match after a decision, with ids of people whose identity changed."""

    match: PersonMatch
    changed: frozenset[int] = frozenset()


# --- bots ----------------------------------------------------------------------------------------


def decide_bot(*, person: Person, is_bot: bool | None, actor: User) -> Person:
    """Set or clear the bot override; None restores the provider's value.

    Call `review_responses` for the person afterwards.
    """
    decided = Person.objects.filter(pk=person.pk).exclude(bot_override=is_bot)
    with transaction.atomic():
        if decided.update(bot_override=is_bot, updated_at=timezone.now()):
            details = {"before": person.bot_override, "after": is_bot}
            target = f"person {person.pk}"
            entry = audit.AuditRecord(
                "person.bot_decided", target, person.project_id, details=details
            )
            audit.record(actor, entry)
            logger.info("User %s decided on person %s: bot=%s.", actor.pk, person.pk, is_bot)
    person.refresh_from_db()
    return person


# --- matches -------------------------------------------------------------------------------------


def accept_match(*, match: PersonMatch, actor: User) -> Decided:
    return _decide(match, State.ACCEPTED, actor, "match.accepted")


def dismiss_match(*, match: PersonMatch, actor: User) -> Decided:
    """Dismiss the match; it is not suggested again unless undone."""
    return _decide(match, State.DISMISSED, actor, "match.dismissed")


def undo_match(*, match: PersonMatch, actor: User) -> Decided:
    """Undo the decision; identities then follow the other accepted matches."""
    return _decide(match, State.SUGGESTED, actor, "match.undone")


def _decide(match: PersonMatch, state: State, actor: User, action: str) -> Decided:
    with transaction.atomic():
        lock_matches(match.project_id)
        row = _read(match)
        before = row.state
        if before == state:
            return Decided(row)
        if State.SUGGESTED not in (before, state):
            raise Conflict(f"The match is already {before}. Undo that first.")
        row.state = state
        is_open = state == State.SUGGESTED
        row.decided_by = None if is_open else actor
        row.decided_at = None if is_open else timezone.now()
        row.save(update_fields=["state", "decided_by", "decided_at", "updated_at"])
        changed = frozenset[int]()
        if State.ACCEPTED in (before, state):
            changed = _update_identities(match.project_id)
        target = f"match {row.pk} of persons {row.first_id} and {row.second_id}"
        audit.record(
            actor, audit.AuditRecord(action, target, row.project_id, details={"before": before})
        )
    logger.info("User %s: match %s, %s before, is %s.", actor.pk, row.pk, before, state)
    return Decided(_read(match), changed)


def _read(match: PersonMatch) -> PersonMatch:
    """Reload the match; raises NotFound if it was withdrawn meanwhile."""
    rows = PersonMatch.objects.select_related("first", "second", "decided_by")
    row = rows.filter(pk=match.pk).first()
    if row is None:
        raise NotFound("The suggestion no longer exists, because its evidence has changed.")
    return row


def _update_identities(project_id: int) -> frozenset[int]:
    """Set `identity` from the accepted matches; return ids of changed people."""
    accepted = PersonMatch.objects.filter(project=project_id, state=State.ACCEPTED)
    lowest = connect(accepted.values_list("first_id", "second_id"))
    wanted = {account: first for account, first in lowest.items() if account != first}
    people = Person.objects.filter(project=project_id)
    has = dict(people.filter(identity__isnull=False).values_list("pk", "identity_id"))
    changed = {pk for pk in wanted.keys() | has.keys() if wanted.get(pk) != has.get(pk)}
    by_identity: dict[int | None, list[int]] = defaultdict(list)
    for pk in sorted(changed):
        by_identity[wanted.get(pk)].append(pk)
    for identity, pks in by_identity.items():
        people.filter(pk__in=pks).update(identity=identity, updated_at=timezone.now())
    return frozenset(changed)


# --- derived fields ------------------------------------------------------------------------------


def people_to_review() -> list[int]:
    """List people changed in the last days, for any reason."""
    changed = Person.objects.filter(updated_at__gte=timezone.now() - REVIEWED_FOR)
    return list(changed.filter(updated_at__gt=F("created_at")).values_list("pk", flat=True))


def review_responses(
    *, person_ids: Collection[int], after: int = 0, seconds: float = 20
) -> int | None:
    """Recompute first responses of all issues these people take part in, after id `after`.

    Returns None when done, else the id to continue after.
    """
    deadline = time.monotonic() + seconds
    issue_ids = [pk for pk in _issues_at(person_ids) if pk > after]
    for start in range(0, len(issue_ids), CHUNK):
        chunk = issue_ids[start : start + CHUNK]
        with transaction.atomic():
            enrich_issues(chunk)
        if time.monotonic() > deadline and chunk[-1] != issue_ids[-1]:
            return chunk[-1]
    return None


def _issues_at(person_ids: Collection[int]) -> list[int]:
    """List issues they wrote or responded to; no others affect first responses."""
    written = Issue.objects.filter(author__in=person_ids).values_list("pk", flat=True)
    commented = Comment.objects.filter(author__in=person_ids).values_list("issue", flat=True)
    changed = Transition.objects.filter(actor__in=person_ids).values_list("issue", flat=True)
    return sorted({*written, *commented.distinct(), *changed.distinct()})
