"""How the history leaves a question: accepted, closed, locked, with a bounty, or just there."""

from simulator.content.rhythm import DAY
from simulator.seeded_random import Dice

from .model import Bounty, Closing, Owner, Question

DUPLICATE = "Duplicate"
REASONS = {
    "Needs details or clarity": "Add details and clarify the problem by editing this post.",
    "Needs more focus": "Update the question so it focuses on one problem only by editing this"
    " post.",
    "Opinion-based": "Update the question so it can be answered with facts and citations by"
    " editing this post.",
    "Not suitable for this site": "This question does not appear to be about the topics of this"
    " site.",
    "Not reproducible or was caused by a typo": "This question was caused by a typo or a problem"
    " that can no longer be reproduced.",
    DUPLICATE: "This question already has answers elsewhere on this site.",
}
"""What `closed_reason` says, and what `closed_details` adds."""
_CLOSERS = tuple(Owner(name, 900_000 + place, 3_000 + place * 411)
                 for place, name in enumerate(("noor-vale", "ivo-stack", "mei-larch")))  # fmt: skip


def end(question: Question, dice: Dice, until: int) -> None:
    question.accepted = _accepted(question, dice)
    question.closing = _closing(question, dice, until)
    age = until - question.created
    if age < 14 * DAY and question.closing is None and dice.chance(25):
        by = dice.pick(_CLOSERS)
        question.bounty = Bounty(dice.between(1, 10) * 50, until + dice.between(1, 7) * DAY, by)
    if age > 90 * DAY and dice.chance(1.5):
        question.locked = question.active + DAY
    if age > 90 * DAY and question.score > 30 and dice.chance(25):
        question.protected = question.created + 60 * DAY
    if age > 2 * DAY and dice.chance(1.5):
        question.community = question.created + DAY


def _accepted(question: Question, dice: Dice) -> int | None:
    if not question.answers or not dice.chance(46):
        return None
    return max(question.answers, key=lambda answer: (answer.score, answer.id)).id


def _closing(question: Question, dice: Dice, until: int) -> Closing | None:
    at = question.created + dice.between(1, 40) * 3_600
    if at >= until:
        return None
    if question.duplicate_of is not None and dice.chance(70):
        return Closing(at, DUPLICATE, _CLOSERS[:1], (question.duplicate_of,))
    if question.accepted is None and dice.chance(9):
        plain = [reason for reason in REASONS if reason != DUPLICATE]
        return Closing(at, dice.pick(plain), _CLOSERS)
    return None
