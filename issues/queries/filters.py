"""Filters of the issue list: one table for the query and for OpenAPI.

Written by hand instead of a FilterSet: only parameters in the request are processed (building a
form for 20 fields costs more than the query), unknown names are rejected, and a value may be
repeated.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import QueryDict

from diip.common.errors import InvalidInput
from integrations.models import Integration
from integrations.providers.registry import PROVIDERS
from issues.models import Issue, IssueAssignee, IssueLabel, IssueQuerySet, Label, Person
from projects.models import Project

MAX_VALUES = 20
MAX_TEXT = 500
_UNREADABLE = re.compile("[\x00\ud800-\udfff\ufffd]")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", re.DOTALL)


# --- values ------------------------------------------------------------------------------------


def text(value: str) -> str:
    if not value.strip() or len(value) > MAX_TEXT:
        raise ValueError(f"must have 1 to {MAX_TEXT} characters")
    return value


def number(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", value) or int(value) == 0:
        raise ValueError("must be a whole number from 1")
    return int(value)


def boolean(value: str) -> bool:
    return one_of("true", "false")(value) == "true"


def one_of(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of: {', '.join(allowed)}")
        return value

    return read


def moment(value: str) -> datetime:
    """Parse a date or datetime; a date means 00:00 UTC."""
    try:
        if _DATE.fullmatch(value):
            return datetime.combine(date.fromisoformat(value), time(), UTC)
        parsed = datetime.fromisoformat(value) if _DATETIME.fullmatch(value) else None
        if parsed and parsed.tzinfo:
            return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(
        "must be a date (2026-01-31) or a date and time with its zone (2026-01-31T12:00:00Z); "
        "write + as %2B"
    )


# --- the table ---------------------------------------------------------------------------------

Narrow = Callable[[IssueQuerySet, Project, list[Any]], IssueQuerySet]


@dataclass(frozen=True)
class Parameter:
    """Query parameter, with its parser and its description."""

    name: str
    read: Callable[[str], Any]
    about: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    many: bool = False


@dataclass(frozen=True)
class Filter(Parameter):
    narrow: Narrow = lambda issues, project, values: issues


def _column(column: str) -> Narrow:
    return lambda issues, project, values: issues.filter(**{f"{column}__in": values})


def _compare(lookup: str) -> Narrow:
    return lambda issues, project, values: issues.filter(**{lookup: values[0]})


def _by_open(issues: IssueQuerySet, project: Project, values: list[bool]) -> IssueQuerySet:
    return issues.open() if values[0] else issues.filter(status=Issue.Status.DONE)


def _by_labels(issues: IssueQuerySet, project: Project, values: list[str]) -> IssueQuerySet:
    for name in set(values):
        labels = Label.objects.filter(integration__project=project, name=name)
        carried = IssueLabel.objects.filter(issue=OuterRef("pk"), label__in=labels)
        issues = issues.filter(Exists(carried))
    return issues


def _by_assignees(issues: IssueQuerySet, project: Project, values: list[str]) -> IssueQuerySet:
    people = Person.objects.filter(project=project, login__in=values)
    assigned = IssueAssignee.objects.filter(issue=OuterRef("pk"), person__in=people)
    return issues.filter(Exists(assigned))


def _by_authors(issues: IssueQuerySet, project: Project, values: list[str]) -> IssueQuerySet:
    return issues.filter(author__in=Person.objects.filter(project=project, login__in=values))


def _by_keys(issues: IssueQuerySet, project: Project, values: list[str]) -> IssueQuerySet:
    return issues.with_keys(project, values)


def _by_integrations(issues: IssueQuerySet, project: Project, values: list[int]) -> IssueQuerySet:
    wanted = set(values)
    if Integration.objects.filter(project=project, pk__in=wanted).count() != len(wanted):
        raise InvalidInput("integration: not found in this project", field="integration")
    return issues.filter(integration__in=wanted)


def _by_removed(issues: IssueQuerySet, project: Project, values: list[str]) -> IssueQuerySet:
    kept = {"false": issues.present, "true": issues.all, "only": issues.removed}
    return kept[values[0]]()


def _words(*allowed: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(allowed), "example": allowed[0]}


def _text(example: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "example": example}


def _range(name: str, column: str) -> tuple[Filter, Filter]:
    schema = {
        "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
        "example": "2026-01-31",
    }
    about = f"{name.capitalize()} at this moment or later; a date means 00:00 UTC of that day."
    before = f"{name.capitalize()} before this moment (exclusive); a date means 00:00 UTC."
    return (
        Filter(f"{name}_after", moment, about, schema, narrow=_compare(f"{column}__gte")),
        Filter(f"{name}_before", moment, before, schema, narrow=_compare(f"{column}__lt")),
    )


_STATUS, _OUTCOME = Issue.Status.values, Issue.Outcome.values
_BOOLEAN, _REMOVED = {"type": "boolean", "example": True}, ("false", "true", "only")
_ID = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1, "example": 7}
# fmt: off
FILTERS: tuple[Filter, ...] = (
    Filter("status", one_of(*_STATUS), "Status. Repeatable: any of them.",
           _words(*_STATUS), many=True, narrow=_column("status")),
    Filter("open", boolean, "true: not done. false: done.", _BOOLEAN, narrow=_by_open),
    Filter("provider", one_of(*PROVIDERS), "Kind of tracker. Repeatable: any of them.",
           _words(*PROVIDERS), many=True, narrow=_column("provider")),
    Filter("integration", number, "Id of an integration of this project. Repeatable: any of them.",
           _ID, many=True, narrow=_by_integrations),
    Filter("key", text, "Key, such as `#45` or `ABC-12`. Write # as %23. Repeatable: any.",
           _text("#45"), many=True, narrow=_by_keys),
    Filter("label", text, "Label name, case-sensitive. Repeatable: all of them.",
           _text("bug"), many=True, narrow=_by_labels),
    Filter("assignee", text, "Login of an assignee. Repeatable: any of them.",
           _text("octocat"), many=True, narrow=_by_assignees),
    Filter("author", text, "Login of the author. Repeatable: any of them.",
           _text("octocat"), many=True, narrow=_by_authors),
    Filter("type", text, "The tracker's own type, such as `Bug`. Repeatable: any of them.",
           _text("Bug"), many=True, narrow=_column("type")),
    Filter("outcome", one_of(*_OUTCOME), "How a done issue ended. Repeatable: any of them.",
           _words(*_OUTCOME), many=True, narrow=_column("outcome")),
    *_range("opened", "opened_at"),
    *_range("closed", "closed_at"),
    *_range("updated", "source_updated_at"),
    Filter("removed", one_of(*_REMOVED), "Issues removed upstream: excluded (false, the "
           "default), included (true), or only these (only).",
           {**_words(*_REMOVED), "default": "false"}, narrow=_by_removed),
)
# fmt: on


# --- reading a request -------------------------------------------------------------------------


def read_parameters(params: QueryDict, known: Iterable[Parameter]) -> dict[str, list[Any]]:
    """Read the given parameters; raises InvalidInput for names not in `known`."""
    by_name = {parameter.name: parameter for parameter in known}
    values = {}
    for name, given in params.lists():
        if name not in by_name:
            raise InvalidInput(_unknown(name, by_name), field=_shown(name))
        values[name] = _read(by_name[name], given)
    return values


def narrow_issues(
    issues: IssueQuerySet, project: Project, values: Mapping[str, list[Any]]
) -> IssueQuerySet:
    """Apply every filter in `values` to `issues`."""
    for parameter in FILTERS:
        if parameter.name in values:
            issues = parameter.narrow(issues, project, values[parameter.name])
    return issues if "removed" in values else issues.present()


def _read(parameter: Parameter, given: list[str]) -> list[Any]:
    name = parameter.name
    allowed = MAX_VALUES if parameter.many else 1
    if len(given) > allowed:
        raise InvalidInput(f"{name}: allowed at most {allowed} times", field=name)
    if any(_UNREADABLE.search(value) for value in given):
        raise InvalidInput(f"{name}: contains invalid characters", field=name)
    try:
        return [parameter.read(value) for value in given]
    except ValueError as refusal:
        raise InvalidInput(f"{name}: {refusal}", field=name) from None


def _unknown(name: str, known: Mapping[str, Parameter]) -> str:
    return f"Unknown parameter {_shown(name)}. Allowed: {', '.join(sorted(known))}."


def _shown(name: str) -> str:
    return name if re.fullmatch(r"[\w.\-\[\]]{1,64}", name) else "(unreadable name)"
