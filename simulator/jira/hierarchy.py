"""Which issues of the past belong together: epics and their stories, parts of a whole, links."""

from collections.abc import Iterator

_EPIC_EVERY, _EPIC_PLACE, _PART_EVERY = 15, 3, 11


def is_epic(number: int) -> bool:
    return number % _EPIC_EVERY == _EPIC_PLACE


def is_part(number: int) -> bool:
    return number % _PART_EVERY == 0 and not is_epic(number) and not is_epic(number - 1)


def type_of(number: int, kind: str, key: int) -> str:
    if is_epic(number):
        return "Epic"
    if is_part(number):
        return "Sub-task"
    if kind == "duplicate":
        return "Bug"
    return {"bug": "Bug", "feature": "Story"}.get(kind, "Task")


def parent_of(number: int, kind: str, key: int) -> int | None:
    """A part's whole, or the epic that one in three belongs to."""
    if is_part(number):
        return number - 1
    epic = number - (number - _EPIC_PLACE) % _EPIC_EVERY
    return epic if epic > 0 and epic != number and key % 3 == 0 else None


def links_of(number: int) -> Iterator[tuple[str, int]]:
    """(type, number of the target) of what the past linked, apart from duplicates."""
    if number % 13 == 0:
        yield "Blocks", number - 3
    if number % 17 == 0:
        yield "Relates", number - 5
