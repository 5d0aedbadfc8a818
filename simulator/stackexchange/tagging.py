"""Tags: several on most questions, and several that overlap."""

from simulator.seeded_random import Dice

_LANGUAGES = ("python", "javascript", "rust", "java", "go", "docker", "linux")
_OF_AREA = {
    "auth": "authentication", "parser": "parsing", "sync": "synchronization", "ui": "frontend",
    "packaging": "packaging", "performance": "performance", "storage": "storage",
    "cli": "command-line", "search": "full-text-search", "network": "networking",
    "plugins": "plugins", "api": "rest",
}  # fmt: skip
MOST = 5
"""The API's own limit: more than five tags match nothing."""


def tags_of(area: str, dice: Dice) -> list[str]:
    about_api = area in {"api", "network", "auth"} or dice.chance(12)
    names = ["engine"] if dice.chance(80) or not about_api else []
    names += ["engine-api"] if about_api else []
    names += [dice.pick(_LANGUAGES) if dice.chance(45) else "python"] if dice.chance(75) else []
    names += [_OF_AREA[area]] if dice.chance(60) else []
    return names[:MOST]
