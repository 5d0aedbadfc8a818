"""Comments: what people answer, by who they are and when they speak."""

from simulator.seeded_random import Dice

from .facts import Facts, Telling, facts_of
from .rhythm import version_name
from .vocabulary import phrases

_BY_TURN = {
    "comment_triage": "ask back",
    "comment_first": "confirm",
    "comment_second": "explain",
    "comment_third": "thanks",
    "comment_fourth": "thanks",
    "comment_late": "late",
}


def reply(telling: Telling, turn: str, dice: Dice, original: int | None) -> str:
    facts = facts_of(telling)
    text = dice.pick(phrases(_choices(telling, turn, original)))
    return _fill(text, telling, facts, dice, original)


def _choices(telling: Telling, turn: str, original: int | None) -> str:
    """Which phrases fit the kind of issue and the turn."""
    if original and turn in {"comment_triage", "comment_second"}:
        return "duplicate"
    if telling.kind.endswith("pull"):
        return "review"
    if telling.kind == "question" and turn in {"comment_triage", "comment_first"}:
        return "answered"
    if telling.kind == "feature":
        return "late wish" if turn == "comment_late" else "wish"
    return "small" if telling.kind in {"docs", "question"} else _BY_TURN[turn]


def _fill(text: str, telling: Telling, facts: Facts, dice: Dice, original: int | None) -> str:
    return text.format(
        setting=facts.setting, value=facts.value, version=facts.version, before=facts.before,
        after=version_name(telling.release + 1), trigger=facts.trigger, symptom=facts.symptom,
        component=facts.component, cause=facts.cause, error=facts.error, reason=facts.reason,
        answer=facts.answer,
        Reason=facts.reason[:1].upper() + facts.reason[1:] + ".", original=original,
        log=facts.log(5, dice) if "{log}" in text else "",
    )  # fmt: skip
