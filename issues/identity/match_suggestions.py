"""Search for accounts that may belong to one person, per project.

Pairs are limited: equal addresses are looked up by digest, and names are compared only between
people at two linked issues, because names alone suggest nothing.

A pass covers data changed since the latest suggestion of the project (less an hour for open
transactions), or everything if there is none. So a missed or interrupted pass loses nothing. It
reads first and writes at the end, in one transaction.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain, combinations

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from issues.identity.account_matching import (
    NOREPLY_MARK,
    Account,
    digest_noreply,
    find_evidence,
    is_suggested,
    match_keys,
    noreply_names,
)
from issues.models import Comment, Issue, IssueAssignee, IssueLink, Person, PersonMatch
from projects.models import Project

OVERLAP = timedelta(hours=1)
CHUNK = 200
SHARED_MAILBOX = 10
"""Maximum accounts per address; a more widely shared address is no evidence."""

MANY = 2000
"""Number of changed people above which all links are read once."""

Both = tuple[Person, Person]
Pair = tuple[int, int]
Found = dict[Pair, tuple[str, ...]]
"""Evidence by pair, the lower id first."""


def suggest_matches(project_id: int) -> int:
    """Update the project's suggestions; return the number of new ones."""
    now, since = timezone.now(), _covered_until(project_id)
    changed = _changed_people(project_id, since)
    found: Found = {}
    for pairs in _same_address(project_id, changed):
        _note(found, pairs, linked=False)
    for links in _links(project_id, since, changed):
        _note(found, _similar_people(project_id, links), linked=True)
    with transaction.atomic():
        if not lock_matches(project_id):
            return 0
        _withdraw(project_id, changed, keep=found)
        return _write(project_id, found, now)


def lock_matches(project_id: int) -> bool:
    """Lock the project's matches against other decisions and passes until commit.

    Returns False if the project was removed.
    """
    here = Project.objects.filter(pk=project_id, removed_at=None)
    return here.select_for_update(no_key=True).first() is not None


def _note(found: Found, pairs: Iterable[Both], *, linked: bool) -> None:
    for pair in pairs:
        first, second = sorted(pair, key=lambda person: person.pk)
        if _is_one_already(first, second):
            continue
        one, other = _account(first), _account(second)
        evidence = find_evidence(one, other, linked=linked)
        if is_suggested(one, other, evidence):
            found[one.id, other.id] = evidence


def _is_one_already(one: Person, other: Person) -> bool:
    return (one.identity_id or one.pk) == (other.identity_id or other.pk)


def _account(person: Person) -> Account:
    names = noreply_names(person.provider, person.origin, person.source_person_id, person.login)
    return Account(
        id=person.pk,
        tracker=(person.provider, person.origin),
        login=person.login,
        display_name=person.display_name,
        email_digest=person.email_digest,
        aliases=frozenset(map(digest_noreply, names)),
        is_bot=person.counts_as_bot,
        is_deleted=person.is_deleted,
    )


# --- selection -----------------------------------------------------------------------------------


def _covered_until(project_id: int) -> datetime | None:
    matches = PersonMatch.objects.filter(project=project_id)
    latest: datetime | None = matches.aggregate(latest=Max("suggested_at"))["latest"]
    return latest - OVERLAP if latest else None


def _changed_people(project_id: int, since: datetime | None) -> set[int]:
    people = Person.objects.filter(project=project_id)
    if since:
        people = people.filter(updated_at__gte=since)
    return set(people.values_list("pk", flat=True))


def _same_address(project_id: int, changed: set[int]) -> Iterator[list[Both]]:
    """Yield groups of people with one address, at least one of them changed."""
    people = Person.objects.filter(project=project_id).exclude(email_digest="")
    people = people.exclude(email_digest__startswith=NOREPLY_MARK)
    for ids in _chunks(changed):
        digests = people.filter(pk__in=ids).values("email_digest")
        groups: dict[str, list[Person]] = defaultdict(list)
        for person in people.filter(email_digest__in=digests):
            groups[person.email_digest].append(person)
        for group in groups.values():
            if len(group) <= SHARED_MAILBOX:
                pairs = combinations(group, 2)
                yield [pair for pair in pairs if {pair[0].pk, pair[1].pk} & changed]


def _links(
    project_id: int, since: datetime | None, changed: Collection[int]
) -> Iterator[list[Pair]]:
    """Yield pairs of linked issues in chunks; a pair may appear twice."""
    # Both ends are in this project: its members see the people at both ends.
    links = IssueLink.objects.filter(issue__project=project_id, target__project=project_id)
    if since is None or len(changed) > MANY:
        yield from _in_chunks(links)
        return
    touched = Q(issue__updated_at__gte=since) | Q(target__updated_at__gte=since)
    yield from _in_chunks(links.filter(Q(created_at__gte=since) | touched))
    for ids in _chunks(changed):
        theirs = _issues_at(ids)
        yield from _in_chunks(links.filter(Q(issue__in=theirs) | Q(target__in=theirs)))


def _issues_at(people: Collection[int]) -> QuerySet[Issue, int]:
    written = Issue.objects.filter(author__in=people).values_list("pk", flat=True)
    assigned = IssueAssignee.objects.filter(person__in=people).values_list("issue_id", flat=True)
    commented = Comment.objects.filter(author__in=people).values_list("issue_id", flat=True)
    return written.union(assigned, commented)


def _in_chunks(links: QuerySet[IssueLink]) -> Iterator[list[Pair]]:
    after = 0
    while rows := list(
        links.filter(pk__gt=after).order_by("pk").values_list("pk", "issue_id", "target_id")[:CHUNK]
    ):
        yield [(issue, target) for _, issue, target in rows if target]
        after = rows[-1][0]


def _chunks(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    return (ordered[at : at + CHUNK] for at in range(0, len(ordered), CHUNK))


# --- people at linked issues ---------------------------------------------------------------------


def _similar_people(project_id: int, links: Iterable[Pair]) -> Iterator[Both]:
    """Yield people with a common name at both ends of a link."""
    links = set(links)
    at = _participants(set(chain.from_iterable(links)))
    people = _by_id(project_id, set(chain.from_iterable(at.values())))
    keys = {pk: match_keys(_account(person)) for pk, person in people.items()}
    for issue, target in links:
        by_key = defaultdict(set)
        for pk in at[target]:
            for key in keys.get(pk, ()):
                by_key[key].add(pk)
        for pk in at[issue]:
            others = {other for key in keys.get(pk, ()) for other in by_key.get(key, ())}
            yield from ((people[pk], people[other]) for other in others - {pk})


def _participants(issues: Collection[int]) -> Mapping[int, set[int]]:
    """Return authors, assignees and commenters by issue."""
    authors = Issue.objects.filter(pk__in=issues).values_list("pk", "author_id")
    assignees = IssueAssignee.objects.filter(issue__in=issues).values_list("issue_id", "person_id")
    commenters = Comment.objects.filter(issue__in=issues).values_list("issue_id", "author_id")
    at: dict[int, set[int]] = defaultdict(set)
    for issue, person in chain(authors, assignees, commenters.distinct()):
        if person:
            at[issue].add(person)
    return at


def _by_id(project_id: int, ids: Collection[int]) -> dict[int, Person]:
    here = Person.objects.humans().filter(project=project_id)
    return {person.pk: person for part in _chunks(ids) for person in here.filter(pk__in=part)}


# --- results -------------------------------------------------------------------------------------


def _withdraw(project_id: int, changed: set[int], *, keep: Collection[Pair]) -> None:
    """Delete open suggestions of changed people that have no evidence any longer."""
    undecided = PersonMatch.objects.filter(project=project_id, state=PersonMatch.State.SUGGESTED)
    gone = [
        pk
        for pk, first, second in undecided.values_list("pk", "first_id", "second_id")
        if {first, second} & changed and (first, second) not in keep
    ]
    for ids in _chunks(gone):
        undecided.filter(pk__in=ids).delete()


def _write(project_id: int, found: Found, now: datetime) -> int:
    """Add new pairs and update the evidence of open ones; keep decided ones."""
    known = {(m.first_id, m.second_id): m for m in PersonMatch.objects.filter(project=project_id)}
    for pair in found.keys() & known.keys():
        match = known[pair]
        if match.state == match.State.SUGGESTED and match.evidence != list(found[pair]):
            match.evidence = list(found[pair])
            match.save(update_fields=["evidence", "updated_at"])
    new = [
        PersonMatch(
            project_id=project_id, first_id=first, second_id=second,
            evidence=list(evidence), suggested_at=now,
        )
        for (first, second), evidence in sorted(found.items())
        if (first, second) not in known
    ]  # fmt: skip
    PersonMatch.objects.bulk_create(new, batch_size=CHUNK)
    return len(new)
