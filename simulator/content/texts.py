"""Titles, bodies and comments of issues: one problem, told by many people in their own ways.

What a text is about (area, symptom, trigger, setting, …) comes from the problem's key; how it is
said comes from the teller's habits and key. So a duplicate tells the same facts in other words.
"""

from collections.abc import Callable

import msgspec

from simulator.seeded_random import Dice

from . import replies, reports
from .facts import Facts, Telling, facts_of, style
from .vocabulary import AREAS

__all__ = ["AREAS", "Telling", "Text", "area_of", "better_title", "reply", "write"]

LONGEST_BODY = 65_536
_PREFIXES = ("", "", "", "", "[{area}] ", "{area}: ", "{Component}: ", "[Bug] ", "[{version}] ")


class Text(msgspec.Struct, frozen=True):
    title: str
    body: str | None


def area_of(problem: int) -> str:
    return AREAS[problem % len(AREAS)]


def write(telling: Telling) -> Text:
    facts, dice = facts_of(telling), Dice(telling.voice)
    title = _TITLES[telling.kind](facts, dice)
    body = reports.body(telling, facts, dice)
    return Text(style(title, telling.person.style, dice), _odd_body(body, facts, dice))


def _odd_body(body: str, facts: Facts, dice: Dice) -> str | None:
    """Now and then there is none, or one with everything the reporter could find."""
    if dice.chance(1.5):
        return None if dice.chance(75) else ""
    if dice.chance(0.5):
        log = facts.log(dice.between(150, 620), dice)
        body += f"\n\n<details><summary>Full log</summary>\n\n```\n{log}\n```\n</details>\n"
    return body[:LONGEST_BODY]


# --- titles -------------------------------------------------------------------------------------


def _bug_title(facts: Facts, dice: Dice) -> str:
    since = f"since {facts.version}" if facts.rocky else f"({facts.component})"
    title = dice.pick((
        f"{facts.symptom} {facts.trigger}", f"{facts.symptom} {facts.trigger}",
        f"{facts.trigger}, {facts.symptom}", facts.symptom, f"{facts.error} {facts.trigger}",
        f"{facts.symptom} {since}",
    ))  # fmt: skip
    prefix = dice.pick(_PREFIXES).format(
        area=facts.area, Component=facts.component, version=facts.version
    )
    return prefix + (title if prefix.endswith(": ") else _capital(title))


def _feature_title(facts: Facts, dice: Dice) -> str:
    wish = f"{facts.wish} {facts.scope}"
    return _capital(dice.pick((
        f"Feature request: {wish}", wish, f"[Feature] {wish}", f"{facts.wish} ({facts.component})",
        f"Idea: {wish}", f"Please add: {facts.wish}", wish,
    )))  # fmt: skip


def _question_title(facts: Facts, dice: Dice) -> str:
    ask = f"{facts.ask} {facts.scope}"
    return _capital(dice.pick((
        f"{ask}?", f"Question: {facts.ask}?", f"{facts.ask} ({facts.component})?", f"Help: {ask}",
    )))  # fmt: skip


def _docs_title(facts: Facts, dice: Dice) -> str:
    docs = f"{facts.docs} {facts.edition}"
    return _capital(dice.pick((f"Docs: {docs}", docs, f"[docs] {facts.docs} ({facts.component})")))


def _pull_title(facts: Facts, dice: Dice) -> str:
    error = facts.error.partition(":")[0]
    return dice.pick((
        f"{facts.area}: fix the {facts.component} {facts.trigger}", f"Fix {error} {facts.trigger}",
        f"{facts.area}: {facts.wish} {facts.scope}", f"Refactor the {facts.component}",
        f"Add a test for the {facts.component} {facts.trigger}", f"docs: {facts.docs}",
        f"Respect `{facts.setting}` in the {facts.component}",
    ))  # fmt: skip


def _bot_title(facts: Facts, dice: Dice) -> str:
    where = dice.pick(("", "", f" in /{facts.area}", " in the tests group"))
    new = f"from {facts.dependency_before} to {facts.dependency_after}"
    return f"Bump {facts.dependency} {new}{where}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_TITLES: dict[str, Callable[[Facts, Dice], str]] = {
    "bug": _bug_title, "feature": _feature_title, "question": _question_title, "docs": _docs_title,
    "pull": _pull_title, "bot_pull": _bot_title,
}  # fmt: skip


def better_title(title: str, telling: Telling) -> str:
    """As a maintainer words it when triaging: the area first, the plain symptom, no ornaments."""
    facts = facts_of(telling)
    said = {
        "feature": f"{facts.wish} {facts.scope}",
        "question": f"{facts.ask} {facts.scope}?",
        "docs": f"{facts.docs} {facts.edition}",
    }.get(telling.kind, f"{facts.symptom} {facts.trigger}")
    better = f"{facts.area}: {said}"
    return better if better != title else f"{better} ({facts.component})"


# --- comments -----------------------------------------------------------------------------------


def reply(telling: Telling, turn: str, key: int, original: int | None) -> str:
    return replies.reply(telling, turn, Dice(key), original)
