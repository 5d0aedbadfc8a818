"""Ties the issues of a project's past together once all of them are told."""

from . import edits
from .hierarchy import links_of
from .model import Entry, Issue, Link, Project


def bind(project: Project, issues: dict[int, Issue]) -> None:
    """Links of both ends; the one that was linked from has it in its changelog."""
    for number in range(1, project.count + 1):
        issue = issues[project.issue_id(number)]
        for kind, other in links_of(number):
            if other > 0:
                _link(project, (issue, issues[project.issue_id(other)]), kind, issue.created)
        if issue.resolution == "Duplicate" and issue.duplicate_of in issues:
            _link(project, (issue, issues[issue.duplicate_of]), "Duplicate", issue.resolved or 0)


def _link(project: Project, ends: tuple[Issue, Issue], kind: str, at: int) -> None:
    source, target = ends
    id_ = project.first_id * 1_000 + 900_000_000 + source.id % 1_000_000 * 4 + len(source.links)
    for end in ends:
        end.links.append(Link(id_, kind, source.id, target.id))
    item = edits.link_item(kind, target.key, outward=True)
    source.entries.append(Entry(id_, source.reporter, at, (item,)))
    source.entries.sort(key=lambda entry: (entry.at, entry.id))
