"""Storage of issue links, and resolution of their targets."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from integrations.providers.contract.base import IssueRecord, LinkRecord
from issues.models import Comment, IssueLink
from issues.references.issue_refs import Name, Trackers, normalise
from issues.references.text_refs import MAX_MENTIONS, find_mentions
from issues.store.issue_keys import find_named
from issues.store.rows import Upsert
from issues.store.store_context import Target

_LINKS = Upsert(
    model=IssueLink,
    columns=(
        "issue_id", "source", "kind", "inward", "target_ref", "target_id", "target_key",
        "target_url", "created_at",
    ),
    conflict=("issue_id", "source", "kind", "inward", "target_ref"),
)  # fmt: skip
_TRACKER, _TEXT = IssueLink.Source.TRACKER.value, IssueLink.Source.TEXT.value


@dataclass(frozen=True, slots=True)
class LinkClaim:
    """Reported link: the identity of an `IssueLink` row."""

    issue_id: int
    source: str
    kind: str
    inward: bool
    ref: str


Wanted = dict[LinkClaim, Name]


def store_links(target: Target, records: Mapping[int, IssueRecord], known: Collection[int]) -> None:
    """Replace the links of these records. `known`: row ids that existed before."""
    wanted: Wanted = {}
    for pk, record in records.items():
        wanted.update(_by_record(target.trackers, pk, record) if record.links else ())
        wanted.update(_by_text(pk, find_mentions(target.trackers, record.title, record.body)))
    present = _present(known)
    _drop(target, {claim: row for claim, row in present.items() if claim not in wanted})
    _add(target, {claim: name for claim, name in wanted.items() if claim not in present})


def store_mentions(target: Target, comments: Iterable[tuple[int, str]]) -> None:
    """Add links found in comments.

    Links removed from a text are deleted when their issue is stored next.
    """
    wanted: Wanted = {}
    for issue_id, body in comments:
        wanted.update(_by_text(issue_id, find_mentions(target.trackers, body)))
    if not wanted:
        return
    present = _present({claim.issue_id for claim in wanted})
    room = {claim.issue_id: MAX_MENTIONS for claim in wanted}
    for claim in present:
        room[claim.issue_id] -= claim.source == _TEXT
    _add(target, dict(_within_limit(wanted, present, room)))


def _within_limit(
    wanted: Wanted, present: Collection[LinkClaim], room: dict[int, int]
) -> Iterator[tuple[LinkClaim, Name]]:
    for claim, name in wanted.items():
        if claim not in present and room[claim.issue_id] > 0:
            room[claim.issue_id] -= 1
            yield claim, name


# --- claims --------------------------------------------------------------------------------------


def _by_record(trackers: Trackers, pk: int, record: IssueRecord) -> Wanted:
    names = [(link, _name(trackers, link)) for link in record.links]
    return {LinkClaim(pk, _TRACKER, link.kind, link.inward, name.ref): name for link, name in names}


def _name(trackers: Trackers, link: LinkRecord) -> Name:
    if link.source_issue_id:
        return trackers.own.by_id(link.source_issue_id, link.key, link.url)
    return trackers.own.by_key(link.key, link.url) if link.key else trackers.of_url(link.url)


def _by_text(pk: int, names: Iterable[Name]) -> Wanted:
    return {
        LinkClaim(pk, _TEXT, IssueLink.Kind.RELATES.value, False, name.ref): name for name in names
    }


# --- rows ----------------------------------------------------------------------------------------


def _present(issue_ids: Collection[int]) -> dict[LinkClaim, int]:
    if not issue_ids:
        return {}
    rows = IssueLink.objects.filter(issue__in=issue_ids)
    columns = ("pk", "issue_id", "source", "kind", "inward", "target_ref")
    return {LinkClaim(*claim): pk for pk, *claim in rows.values_list(*columns)}


def _drop(target: Target, gone: Mapping[LinkClaim, int]) -> None:
    named = {claim.issue_id for claim in gone if claim.source == _TEXT}
    still = _named_in_comments(target, named) if named else set()
    dropped = [pk for claim, pk in gone.items() if claim not in still]
    if dropped:
        IssueLink.objects.filter(pk__in=dropped).delete()


def _named_in_comments(target: Target, issue_ids: Collection[int]) -> set[LinkClaim]:
    """Return links found in comments; queried only for issues that lost text links."""
    rows = Comment.objects.filter(issue__in=issue_ids, removed_at=None)
    return {
        claim
        for issue_id, body in rows.values_list("issue_id", "body").iterator()
        for claim in _by_text(issue_id, find_mentions(target.trackers, body))
    }


def _add(target: Target, new: Wanted) -> None:
    if not new:
        return
    pks = find_named(target.trackers, new.values())
    now = timezone.now()
    _LINKS.write(
        [
            (claim.issue_id, claim.source, claim.kind, claim.inward, claim.ref, pks.get(claim.ref),
             name.key, name.url, now)
            for claim, name in new.items()
            if pks.get(claim.ref) != claim.issue_id
        ]
    )  # fmt: skip


# --- arrivals ------------------------------------------------------------------------------------

_UNRESOLVED = (
    "SELECT link.id, wanted.pk FROM {wanted}"
    " JOIN issues_issue reporter ON reporter.id = link.issue_id"
    " WHERE reporter.project_id = %s AND reporter.id <> wanted.pk"
)
_WANTED = {
    "postgresql": (
        "(SELECT place ->> 0 AS ref, (place ->> 1)::bigint AS pk"
        " FROM json_array_elements(%s::json) AS given (place)) AS wanted CROSS JOIN LATERAL ("
        "SELECT l.id, l.issue_id FROM issues_issuelink l"
        " WHERE l.target_ref = wanted.ref AND l.target_id IS NULL OFFSET 0) AS link"
    ),
    "sqlite": (
        "(SELECT json_extract(value, '$[0]') AS ref, json_extract(value, '$[1]') AS pk"
        " FROM json_each(%s)) AS wanted CROSS JOIN issues_issuelink link"
        " ON link.target_ref = wanted.ref AND link.target_id IS NULL"
    ),
}
# S608: constant texts.
_RESOLVE = {
    vendor: (
        "UPDATE issues_issuelink SET target_id = found.pk"  # noqa: S608
        f" FROM ({_UNRESOLVED.format(wanted=wanted)}) AS found"
        " WHERE issues_issuelink.id = found.id"
    )
    for vendor, wanted in _WANTED.items()
}


def resolve_arrivals(target: Target, arrived: Sequence[tuple[int, IssueRecord]]) -> None:
    """Resolve links across the project that were waiting for these issues."""
    if not arrived:
        return
    refs = [(ref, pk) for pk, record in arrived for ref in _refs(target, record)]
    with connection.cursor() as cursor:
        cursor.execute(_RESOLVE[connection.vendor], [json.dumps(refs), target.project_id])


def _refs(target: Target, record: IssueRecord) -> Iterator[str]:
    """Yield every reference that other issues may use for this one."""
    own = target.tracker
    yield own.by_id(record.source_issue_id).ref
    yield own.by_key(record.key).ref
    for key in record.previous_keys:
        yield own.by_key(key).ref
    if record.url and not own.is_known_everywhere:
        yield Name("url", "", normalise(record.url)).ref
