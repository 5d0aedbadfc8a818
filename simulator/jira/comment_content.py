"""What Jira's texts have beyond the stories': panels, tables, mentions, and pointers elsewhere."""

import re
from collections.abc import Callable

import msgspec

from simulator.seeded_random import mix

_PANELS = ("info", "note", "warning", "success", "error")
_QUESTION = "https://stackoverflow.com/questions/{id}/engine-does-not-keep-folders-in-step"
_GITHUB = "https://github.com/octo/engine/issues/{number}"


class Setting(msgspec.Struct, frozen=True):
    """Whose text it is."""

    project: str
    number: int
    key: int
    colleague: str
    """A login to mention."""


def enriched(body: str | None, setting: Setting) -> str | None:
    """The story, and now and then something after it."""
    if body is None:
        return None
    extra = _EXTRAS.get(mix(setting.key, 1, 61) % 16)
    return f"{body.rstrip()}\n\n{extra(setting)}\n" if extra else body


def comment_text(body: str, project: str) -> str:
    """GitHub's numbers become keys."""
    return re.sub(r"#(\d+)", rf"{project}-\1", body)


def _panel(setting: Setting) -> str:
    kind = _PANELS[setting.key % len(_PANELS)]
    return f":::{kind}\nReproduced in the *staging* environment, see `engine doctor`.\n:::"


def _table(setting: Setting) -> str:
    return (
        "| Version | Outcome |\n| --- | --- |\n"
        f"| 3.{setting.key % 7}.0 | works |\n| 3.{setting.key % 7 + 1}.0 | **broken** |"
    )


def _mention(setting: Setting) -> str:
    return f"@{setting.colleague} could you have a look?\nThere is no hurry. :pray:"


def _github_url(setting: Setting) -> str:
    return f"Reported upstream: {_GITHUB.format(number=setting.key % 200 + 1)}"


def _github_name(setting: Setting) -> str:
    return f"Same as octo/engine#{setting.key % 200 + 1} as far as I can see."


def _question(setting: Setting) -> str:
    return (
        f"Somebody asked [the same]({_QUESTION.format(id=70_000_000 + setting.key % 9_000_000)})."
    )


def _key(setting: Setting) -> str:
    other = max(1, setting.number - 1 - setting.key % 9)
    return f"Came up while we worked on {setting.project}-{other}."


def _unknown(setting: Setting) -> str:
    """A kind of node that no reader has heard of; its text counts all the same."""
    return f":::hologram\nProjected by team {setting.key % 9}.\n:::"


_EXTRAS: dict[int, Callable[[Setting], str]] = {
    0: _panel, 1: _table, 2: _mention, 3: _github_url, 4: _github_name, 5: _question, 6: _key,
    7: _unknown,
}  # fmt: skip
