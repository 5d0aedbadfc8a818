"""Labels, milestones and issue types of a simulated repository."""

import msgspec


class Label(msgspec.Struct, frozen=True):
    name: str
    color: str
    description: str
    default: bool = False


LABELS = (
    Label("bug", "d73a4a", "Something isn't working", default=True),
    Label("regression", "b60205", "Worked in an earlier version"),
    Label("enhancement", "a2eeef", "New feature or request", default=True),
    Label("question", "d876e3", "Further information is requested", default=True),
    Label("documentation", "0075ca", "Improvements or additions to documentation", default=True),
    Label("duplicate", "cfd3d7", "This issue or pull request already exists", default=True),
    Label("wontfix", "ffffff", "This will not be worked on", default=True),
    Label("good first issue", "7057ff", "Good for newcomers", default=True),
    Label("needs info", "fbca04", "Waiting for the reporter"),
    Label("stale", "ededed", ""),
    Label("dependencies", "0366d6", "Updates of what we build on"),
    Label("priority: high", "e11d21", ""),
)
LABEL_OF_KIND = {
    "bug": "bug", "regression": "regression", "feature": "enhancement", "question": "question",
    "docs": "documentation", "duplicate": "duplicate", "bot_pull": "dependencies",
}  # fmt: skip
TYPE_OF_KIND = {"bug": "Bug", "regression": "Bug", "feature": "Feature"}
TYPES = {
    "Bug": ("red", "An unexpected problem or behavior"),
    "Feature": ("blue", "A request, idea, or new functionality"),
    "Task": ("yellow", "A specific piece of work"),
}
_AREA_COLOURS = ("c5def5", "bfdadc", "d4c5f9", "fef2c0", "c2e0c6", "f9d0c4")
_BY_NAME = {label.name: label for label in LABELS}


def area_label(area: str) -> str:
    return f"area: {area}"


def label_named(name: str) -> Label:
    """Its colour and description; a label nobody defined is grey."""
    if name.startswith("area: "):
        colour = _AREA_COLOURS[sum(name.encode()) % len(_AREA_COLOURS)]
        return Label(name, colour, f"Everything about {name[6:]}")
    return _BY_NAME.get(name) or Label(name, "ededed", "")
