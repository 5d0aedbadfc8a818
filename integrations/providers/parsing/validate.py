"""Validation of records: the result can be stored and shown safely.

Every record of every provider passes `clean_record`; most are valid and returned unchanged.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from integrations.providers.contract.base import (
    CommentRecord,
    FeedRecord,
    IssueRecord,
    IssueRef,
    LabelRecord,
    LinkRecord,
    PersonRecord,
    TransitionRecord,
)
from integrations.providers.parsing.limits_and_text import (
    COLOUR,
    MAX_BODY,
    MAX_COUNT,
    MAX_FIELD,
    MAX_ID,
    MAX_NAME,
    MAX_TITLE,
    MAX_WORD,
    are_plausible,
    is_plain,
    is_url,
)
from integrations.providers.parsing.sanitize import repair

AnyRecord = TypeVar("AnyRecord", bound=FeedRecord | PersonRecord)


def clean_record(record: AnyRecord) -> tuple[AnyRecord, int]:
    """Return a storable record and the number of changed fields."""
    if _IS_FINE[type(record)](record):
        return record, 0
    repaired: AnyRecord = repair(record)
    fields = record.__struct_fields__
    return repaired, sum(getattr(record, name) != getattr(repaired, name) for name in fields)


# --- validity: written out, because it runs for every record and rarely finds a problem ---------


def _issue_is_fine(record: IssueRecord) -> bool:
    names = (record.source_issue_id, record.key, record.source_status, record.type, record.priority)
    return (
        len(record.source_issue_id) <= MAX_ID
        and len(record.key) <= MAX_ID
        and len(record.title) <= MAX_TITLE
        and len(record.body) <= MAX_BODY
        and max(len(record.source_status), len(record.type), len(record.priority)) <= MAX_WORD
        and is_plain("".join((*names, record.title, record.body)))
        and is_url(record.url)
        and (record.comment_count is None or 0 <= record.comment_count <= MAX_COUNT)
        and are_plausible(record.opened_at, record.source_updated_at, record.closed_at)
        and (record.author is None or _person_is_fine(record.author))
        and all(map(_person_is_fine, record.assignees))
        and _labels_are_fine(record.labels)
        and _links_are_fine(record.links)
        and _keys_are_fine(record.previous_keys)
    )


def _labels_are_fine(labels: tuple[LabelRecord, ...]) -> bool:
    return len({(label.kind, label.name) for label in labels}) == len(labels) and all(
        0 < len(label.name) <= MAX_NAME
        and is_plain(label.name)
        and COLOUR.fullmatch(label.colour) is not None
        for label in labels
    )


def _links_are_fine(links: tuple[LinkRecord, ...]) -> bool:
    return all(
        (link.source_issue_id or link.key or link.url)
        and max(len(link.source_issue_id), len(link.key)) <= MAX_ID
        and is_plain(link.source_issue_id + link.key)
        and is_url(link.url)
        for link in links
    )


def _keys_are_fine(keys: tuple[str, ...]) -> bool:
    return all(0 < len(key) <= MAX_ID and is_plain(key) for key in keys)


def _person_is_fine(person: PersonRecord) -> bool:
    return (
        len(person.source_person_id) <= MAX_ID
        and len(person.login) <= MAX_NAME
        and max(len(person.display_name), len(person.email)) <= MAX_NAME
        and is_plain(person.source_person_id + person.login + person.display_name + person.email)
        and is_url(person.url)
    )


def _comment_is_fine(record: CommentRecord) -> bool:
    return (
        len(record.source_comment_id) <= MAX_ID
        and len(record.body) <= MAX_BODY
        and is_plain(record.source_comment_id + record.body)
        and _ref_is_fine(record.issue)
        and is_url(record.url)
        and are_plausible(record.commented_at, record.source_updated_at)
        and (record.author is None or _person_is_fine(record.author))
    )


def _transition_is_fine(record: TransitionRecord) -> bool:
    return (
        len(record.source_event_id) <= MAX_ID
        and len(record.field) <= MAX_FIELD
        and max(len(record.from_value), len(record.to_value)) <= MAX_TITLE
        and is_plain(record.source_event_id + record.field + record.from_value + record.to_value)
        and _ref_is_fine(record.issue)
        and are_plausible(record.occurred_at)
        and (record.actor is None or _person_is_fine(record.actor))
    )


def _ref_is_fine(ref: IssueRef) -> bool:
    both = ref.source_issue_id + ref.key
    is_short = max(len(ref.source_issue_id), len(ref.key)) <= MAX_ID
    return is_plain(both) and is_short and is_url(ref.url)


_IS_FINE: dict[type, Callable[[Any], bool]] = {
    IssueRecord: _issue_is_fine,
    CommentRecord: _comment_is_fine,
    TransitionRecord: _transition_is_fine,
    PersonRecord: _person_is_fine,
}
