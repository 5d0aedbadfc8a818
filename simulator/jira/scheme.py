"""Statuses, types, priorities, resolutions and kinds of links, with the ids of a fresh site."""

import msgspec


class Category(msgspec.Struct, frozen=True):
    id: int
    key: str
    color: str
    name: str


class Status(msgspec.Struct, frozen=True):
    id: str
    name: str
    category: Category
    description: str = ""


class Type(msgspec.Struct, frozen=True):
    id: str
    name: str
    level: int
    description: str

    @property
    def subtask(self) -> bool:
        return self.level < 0


class Named(msgspec.Struct, frozen=True):
    id: str
    name: str
    description: str = ""


class LinkType(msgspec.Struct, frozen=True):
    id: str
    name: str
    inward: str
    outward: str


NEW = Category(2, "new", "blue-gray", "To Do")
GOING = Category(4, "indeterminate", "yellow", "In Progress")
DONE = Category(3, "done", "green", "Done")
CATEGORIES = (NEW, GOING, DONE)

STATUSES = {
    status.name: status
    for status in (
        Status("10000", "To Do", NEW),
        Status("3", "In Progress", GOING, "This issue is being actively worked on."),
        Status("10001", "In Review", GOING),
        Status("10002", "Done", DONE),
        Status("6", "Closed", DONE, "The issue is considered finished."),
    )
}
TYPES = {
    type_.name: type_
    for type_ in (
        Type("10000", "Epic", 1, "A big piece of work that is made of smaller ones."),
        Type("10001", "Story", 0, "Something a user wants to do."),
        Type("10002", "Task", 0, "A piece of work that has to be done."),
        Type("10004", "Bug", 0, "Something that does not work as it should."),
        Type("10003", "Sub-task", -1, "A part of another issue."),
    )
}
PRIORITIES = {
    name: Named(str(index), name)
    for index, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), 1)
}
RESOLUTIONS = {
    resolution.name: resolution
    for resolution in (
        Named("10000", "Done", "Work has been completed on this issue."),
        Named("1", "Fixed", "A fix has been made and tested."),
        Named("10001", "Won't Do", "This issue won't be actioned."),
        Named("3", "Duplicate", "The problem is a duplicate of an existing issue."),
        Named("5", "Cannot Reproduce", "All attempts at reproducing this issue failed."),
    )
}
LINK_TYPES = {
    kind.name: kind
    for kind in (
        LinkType("10000", "Blocks", "is blocked by", "blocks"),
        LinkType("10002", "Duplicate", "is duplicated by", "duplicates"),
        LinkType("10003", "Relates", "relates to", "relates to"),
    )
}
