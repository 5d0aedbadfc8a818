"""Reading an issue's links: each once, whoever tells it, seen from this issue."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Q

from issues.models import FormerKey, Issue, IssueLink

WORDS = {
    ("blocks", False): "blocks",
    ("blocks", True): "is blocked by",
    ("duplicates", False): "duplicates",
    ("duplicates", True): "is duplicated by",
    ("relates", False): "relates to",
    ("relates", True): "relates to",
    ("parent", False): "is child of",
    ("parent", True): "is parent of",
}
"""By kind, and whether it is turned round."""
MAX_LINKS = 500
"""Of each direction: who is named more often is named by everybody."""
_TWO_WAYS = frozenset({IssueLink.Kind.RELATES.value})
_STRONGER = ("blocks", "duplicates", "parent")


@dataclass(frozen=True, slots=True)
class LinkEnd:
    id: int | None
    provider: str | None
    key: str
    url: str
    title: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Link:
    kind: str
    says: str
    issue: LinkEnd
    told_by: set[str] = field(default_factory=set)


def read_links(issue: Issue) -> list[Link]:
    """Of this issue and to it, in a stable order. A mere mention of an issue that is linked in a
    stronger way as well is not shown beside it."""
    found: dict[tuple[str, bool, object], Link] = {}
    for kind, inward, source, end in _told(issue):
        turned = inward and kind not in _TWO_WAYS
        link = found.setdefault(
            (kind, turned, end.id or end.url or end.key), Link(kind, WORDS[kind, turned], end)
        )
        link.told_by.add(source)
    linked = {whose for kind, _, whose in found if kind in _STRONGER}
    shown = [
        link
        for (kind, _, whose), link in found.items()
        if not (kind in _TWO_WAYS and link.told_by == {"text"} and whose in linked)
    ]
    return sorted(shown, key=lambda link: (link.kind, link.says, link.issue.key))


def read_former_keys(issue: Issue) -> list[str]:
    keys = FormerKey.objects.filter(issue=issue).values_list("key", flat=True)
    return sorted(keys)


def _told(issue: Issue) -> Iterator[tuple[str, bool, str, LinkEnd]]:
    mine = IssueLink.objects.filter(issue=issue).select_related("target__integration")
    for link in mine.order_by("pk")[:MAX_LINKS]:
        yield link.kind, link.inward, link.source, _end(link)
    here = Q(issue__project=issue.project_id, issue__integration__removed_at=None)
    theirs = IssueLink.objects.filter(here, target=issue).select_related("issue")
    for link in theirs.order_by("-pk")[:MAX_LINKS]:
        yield link.kind, not link.inward, link.source, _issue_end(link.issue)


def _end(link: IssueLink) -> LinkEnd:
    """An issue of an integration that was removed is as good as elsewhere."""
    target = link.target
    if target is None or target.integration.removed_at:
        return LinkEnd(None, None, link.target_key, link.target_url, None, None)
    return _issue_end(target)


def _issue_end(issue: Issue) -> LinkEnd:
    return LinkEnd(issue.pk, issue.provider, issue.key, issue.url, issue.title, issue.status)
