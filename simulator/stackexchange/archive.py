"""A site's questions as its history left them, from a seed: the same in every process."""

from collections.abc import Iterator

from simulator.content import texts
from simulator.content.facts import facts_of
from simulator.content.people import People
from simulator.content.rhythm import Rhythm
from simulator.seeded_random import Dice, key_of, mix

from . import close_reasons, tagging
from .model import Answer, Comment, Owner, Post, Question

_FIRST_ID = 79_000_000
_FIRST_COMMENT = 139_000_000
_DUPLICATES = 7
"""In percent, noticed and closed or not."""


class Archive:
    """Makes `count` questions that end at `until`."""

    def __init__(self, seed: int, site: str, count: int, until: int, github: str) -> None:
        self._key = key_of(seed, "stackexchange", site)
        self._rhythm = Rhythm(seed, site, count, until)
        self._people = People(seed, count)
        self._until, self._github = until, github

    def questions(self) -> list[Question]:
        """Oldest first; ids rise with time, answers' among them."""
        questions = [self._question(number) for number in range(1, self._rhythm.count + 1)]
        _number(questions)
        for number, question in enumerate(questions, 1):
            close_reasons.end(question, Dice(mix(self._key, number, 5)), self._until)
        return questions

    # --- one question ----------------------------------------------------------------------------

    def _question(self, number: int) -> Question:
        dice = Dice(mix(self._key, number, 1))
        original = self._original(number, dice)
        telling = self._telling(number, original)
        text = texts.write(telling)
        created = self._rhythm.tick(number)
        body = text.body or f"{text.title}. How can I find out why?"
        question = Question(
            owner=self._owner(dice),
            title=text.title,
            markdown=body + self._reference(dice),
            tags=tagging.tags_of(texts.area_of(telling.problem), dice),
            created=created,
            edited=self._later(created, dice, hours=72) if dice.chance(40) else None,
            score=dice.roll(6) - 1 if dice.chance(70) else dice.roll(60),
            views=dice.between(8, 4_000),
            duplicate_of=original,
        )
        question.answers = list(self._answers(question, telling, dice))
        question.comments = list(self._comments(question, telling, dice, most=4))
        question.active = max([question.changed, *(a.changed for a in question.answers)])
        return question

    def _original(self, number: int, dice: Dice) -> int | None:
        """The number of an earlier question; `_number` makes it an id."""
        return dice.between(1, number - 1) if dice.chance(_DUPLICATES) and number > 10 else None

    def _telling(self, number: int, original: int | None) -> texts.Telling:
        told = original or number
        kind = "question" if mix(self._key, told, 2) % 5 < 3 else "bug"
        return texts.Telling(
            kind=kind,
            problem=mix(self._key, told, 3),
            voice=mix(self._key, number, 4),
            person=self._people.reporter(mix(self._key, number, 6)),
            release=self._rhythm.release(number),
            retold=original is not None,
        )

    def _answers(self, question: Question, telling: texts.Telling, dice: Dice) -> Iterator[Answer]:
        for turn in ("comment_first", "comment_second", "comment_third")[: _how_many(dice)]:
            created = self._later(question.created, dice, hours=24 * 30)
            if created is None:
                return
            answer = Answer(
                owner=self._owner(dice, knows=dice.chance(55)),
                markdown=_answer_text(telling, turn, dice) + self._reference(dice),
                created=created,
                edited=self._later(created, dice, hours=48) if dice.chance(25) else None,
                score=dice.roll(5) - 1 if dice.chance(75) else dice.roll(40),
                community=created if dice.chance(1.5) else None,
            )
            answer.comments = list(self._comments(answer, telling, dice, most=2))
            yield answer

    def _comments(self, post: Post, telling: texts.Telling, dice: Dice, *,
                  most: int) -> Iterator[Comment]:  # fmt: skip
        for _ in range(dice.between(0, most)):
            created = self._later(post.created, dice, hours=24 * 20)
            if created is not None:
                said = texts.reply(telling, "comment_triage", dice.bits(), None)
                edited = dice.chance(8)
                yield Comment(0, 0, self._owner(dice), said, created, dice.roll(4), edited)

    # --- who, when and what of ------------------------------------------------------------------

    def _owner(self, dice: Dice, *, knows: bool = False) -> Owner:
        choose = self._people.maintainer if knows else self._people.reporter
        person = choose(dice.bits())
        if dice.chance(5):
            return Owner(f"user{person.id}")
        return Owner(person.login, person.id, 1 + person.id * 37 % 9_000)

    def _later(self, moment: int, dice: Dice, *, hours: int) -> int | None:
        """None of what would lie beyond the history's end. Most things happen soon."""
        share = (dice.roll(1_000) + 1) / 1_000
        later = moment + 300 + int(share**3 * hours * 3600)
        return later if later < self._until else None

    def _reference(self, dice: Dice) -> str:
        if dice.chance(4):
            return f"\n\nSee also {self._github}/octo/engine/issues/{dice.between(1, 120)}"
        return (
            f"\n\nThe maintainers track it as ENG-{dice.between(1, 60)}." if dice.chance(3) else ""
        )


def _answer_text(telling: texts.Telling, turn: str, dice: Dice) -> str:
    facts = facts_of(telling)
    said = f"{facts.answer}." if telling.kind == "question" else f"The reason: {facts.cause}."
    code = f"```toml\n{facts.setting} = {facts.value}\n```" if dice.chance(60) else ""
    parts = (said, code, texts.reply(telling, turn, dice.bits(), None))
    return "\n\n".join(part for part in parts if part)


def _how_many(dice: Dice) -> int:
    roll = dice.roll(100)
    return 0 if roll < 24 else 1 if roll < 66 else 2 if roll < 89 else 3


def _number(questions: list[Question]) -> None:
    """Give ids in order of time, and put them wherever something names another post."""
    posts: list[Post] = [post for question in questions for post in (question, *question.answers)]
    for place, post in enumerate(sorted(posts, key=lambda post: post.created)):
        post.id = _FIRST_ID + place * 7 + post.created % 7
    by_number = [0, *(question.id for question in questions)]
    for question in questions:
        question.duplicate_of = by_number[question.duplicate_of or 0] or None
        for answer in question.answers:
            answer.question_id = question.id
    comments = [(comment, post) for post in posts for comment in post.comments]
    for place, (comment, post) in enumerate(sorted(comments, key=lambda pair: pair[0].created)):
        comment.id, comment.post_id = _FIRST_COMMENT + place * 3, post.id
