"""Models for issues, people and their history."""

from issues.models.history import CensusEntry, Comment, StatusClass, Transition
from issues.models.issues import (
    FormerKey,
    Issue,
    IssueAssignee,
    IssueChange,
    IssueLabel,
    IssueQuerySet,
    Label,
)
from issues.models.links import IssueLink
from issues.models.people import Person, PersonMatch, PersonQuerySet, is_counted_as_bot

__all__ = [
    "CensusEntry",
    "Comment",
    "FormerKey",
    "Issue",
    "IssueAssignee",
    "IssueChange",
    "IssueLabel",
    "IssueLink",
    "IssueQuerySet",
    "Label",
    "Person",
    "PersonMatch",
    "PersonQuerySet",
    "StatusClass",
    "Transition",
    "is_counted_as_bot",
]
