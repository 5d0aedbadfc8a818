"""What a text is about, worked out from the problem's key."""

from collections.abc import Callable

import msgspec

from simulator.seeded_random import Dice

from . import traces
from .people import Person, Style
from .rhythm import version_name
from .vocabulary import AREAS, CONDITIONS, DEPENDENCIES, EDITIONS, OUTCOMES, SCOPES, area_named

_VALUES = ("0", "1", "4", "16", "60", "300", "1000", "true", "false", "auto", '"strict"', '"none"')


class Telling(msgspec.Struct, frozen=True):
    """Who tells of which problem, and when."""

    kind: str
    problem: int
    voice: int
    person: Person
    release: int
    """The newest release at that time."""
    rocky: bool = False
    """The problem came with a release that broke something."""
    retold: bool = False
    """Somebody told of it before: other words are chosen."""


class Facts(msgspec.Struct, frozen=True):
    """Everything the sentences are filled with, in the words this teller chooses."""

    area: str
    component: str
    setting: str
    value: str
    symptom: str
    trigger: str
    condition: str
    error: str
    cause: str
    wish: str
    reason: str
    ask: str
    answer: str
    docs: str
    scope: str
    edition: str
    outcome: str
    amount: int
    """A number of files, rows or requests: two unrelated reports hardly share it."""
    version: str
    before: str
    rocky: bool
    dependency: str
    dependency_before: str
    dependency_after: str

    def trace(self, dice: Dice) -> str:
        return traces.trace(self.area, self.component, self.error, dice)

    def log(self, lines: int, dice: Dice) -> str:
        return traces.log(self.area, self.component, self.error, lines, dice)


def facts_of(telling: Telling) -> Facts:
    area = area_named(AREAS[telling.problem % len(AREAS)])
    dice, way = Dice(telling.problem), _chooser(telling)
    symptom, trigger = dice.pick(area.symptoms), dice.pick(area.triggers)
    wish, ask, docs = dice.pick(area.wishes), dice.pick(area.asks), dice.pick(area.docs)
    component, setting = dice.pick(area.components), dice.pick(area.settings)
    version, before = _versions(telling)
    major, minor = dice.between(0, 9), dice.between(0, 30)
    return Facts(
        area=area.name, component=component, setting=setting, value=dice.pick(_VALUES),
        symptom=way(symptom.ways), trigger=way(trigger), condition=way(dice.pick(CONDITIONS)),
        error=symptom.error, cause=symptom.cause, wish=way(wish.ways), reason=wish.reason,
        ask=way(ask.ways), answer=ask.answer, docs=way(docs), scope=way(dice.pick(SCOPES)),
        edition=way(dice.pick(EDITIONS)),
        outcome=dice.pick(OUTCOMES).format(component=component, before=before, setting=setting),
        amount=dice.between(2, 9) * 10 ** dice.between(1, 5) + dice.roll(97),
        version=version, before=before, rocky=telling.rocky,
        dependency=dice.pick(DEPENDENCIES), dependency_after=f"{major}.{minor + 1}.0",
        dependency_before=f"{major}.{minor}.{dice.roll(9)}",
    )  # fmt: skip


def _versions(telling: Telling) -> tuple[str, str]:
    """The one in use and the one before; not everybody is up to date."""
    late = 0 if telling.rocky or telling.retold else telling.voice % 9 // 4
    release = max(telling.release - late, 1)
    return version_name(release), version_name(release - 1)


def _chooser(telling: Telling) -> Callable[[tuple[str, ...]], str]:
    """Chooses among ways to say a thing: whoever tells it again takes another than the first."""
    first, voice, retold = telling.problem >> 16, telling.voice, telling.retold

    def choose(ways: tuple[str, ...]) -> str:
        step = 1 + voice % (len(ways) - 1) if retold else 0
        return ways[(first + step) % len(ways)]

    return choose


_EMOJI = ("🐛", "🚨", "🙏", "💥", "✨", "🤔", "😢", "🔥")


def style(text: str, habit: Style, dice: Dice) -> str:
    """The same words, as this person types."""
    if habit == "lowercase":
        return text.lower()
    if habit == "emoji" and dice.chance(60):
        return f"{dice.pick(_EMOJI)} {text}"
    return text
