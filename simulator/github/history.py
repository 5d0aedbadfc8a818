"""A repository's history with its people and texts: issues, comments and events by number."""

from collections.abc import Iterator

from simulator.content import texts
from simulator.content.lifecycles import CLOSING_SLOTS, COMMENT_SLOTS, SLOT, SLOTS
from simulator.content.people import DEPENDABOT, STALE_BOT, TRIAGE_BOT, People, Person
from simulator.content.rhythm import Rhythm
from simulator.seeded_random import mix

from .effects import apply_event
from .labels import LABEL_OF_KIND, TYPE_OF_KIND, area_label
from .model import Comment, Event, Issue
from .past import Life, Past


class History(Past):
    """The past of one repository of `count` issues and pull requests."""

    def __init__(self, seed: int, name: str, rhythm: Rhythm, pull_share: float) -> None:
        super().__init__(seed, name, rhythm, pull_share)
        self.people = People(seed, rhythm.count)

    # --- the story of one issue, in order --------------------------------------------------------

    def reporter(self, life: Life) -> Person:
        if life.kind == "bot_pull":
            return DEPENDABOT
        if life.kind == "pull" and life.key % 3:
            return self.people.maintainer(life.key)
        return self.people.reporter(life.key)

    def telling(self, life: Life) -> texts.Telling:
        """The problem, and who tells it: a duplicate has its original's problem."""
        told = life.duplicate_of or life.number
        kind = self.plain_kind(told) if life.duplicate_of else life.kind
        return texts.Telling(
            kind=kind,
            problem=self.problem(told),
            voice=mix(self.key, life.number, 7),
            person=self.reporter(life),
            release=self.rhythm.release(life.number),
            rocky=self.rhythm.is_rocky(told),
            retold=life.duplicate_of is not None,
        )

    def problem(self, number: int) -> int:
        """The key of what an issue tells of; a broken release breaks one area."""
        key = mix(self.key, number, 6)
        if not self.rhythm.is_rocky(number):
            return key
        return key - key % len(texts.AREAS) + self.rhythm.release(number) % len(texts.AREAS)

    def issue(self, number: int) -> Issue:
        """As the history left it."""
        life = self.life(number)
        telling = self.telling(life)
        text = texts.write(telling)
        issue = Issue(
            number=number,
            id=self.issue_id(number),
            title=text.title,
            body=text.body,
            author=_author(self.reporter(life), life.key),
            created=life.created,
            updated=life.updated,
            is_pull=life.is_pull,
            hearts=life.key % 40 if life.key % 5 == 0 else life.key % 2,
            duplicate_of=life.duplicate_of,
        )
        for event in self.events(life):
            apply_event(issue, event)
        issue.comments = sum(slot in COMMENT_SLOTS for slot, _ in life.slots)
        return issue

    def events(self, life: Life) -> Iterator[Event]:
        for slot, tick in life.slots:
            if slot not in COMMENT_SLOTS:
                yield self.event(life, slot, tick)

    def event(self, life: Life, slot: int, tick: int) -> Event:
        name = SLOTS[slot]
        happened = Event(
            id=self.activity_id(tick, slot),
            number=life.number,
            event=_EVENT_NAMES.get(name) or ("closed" if slot in CLOSING_SLOTS else "labeled"),
            actor=self._actor(life, name).login,
            created=self.timeline.moment(tick, slot),
        )
        self._detail(happened, life, name)
        return happened

    def _actor(self, life: Life, slot: str) -> Person:
        if slot.endswith("stale"):
            return STALE_BOT
        if life.kind == "bot_pull" and slot.startswith("label"):
            return DEPENDABOT
        if slot == "label_kind":
            return TRIAGE_BOT if life.key % 2 else self.reporter(life)
        return self.people.maintainer(mix(life.key, SLOT[slot], 8))

    def _detail(self, event: Event, life: Life, slot: str) -> None:
        if slot.startswith(("label", "unlabel")):
            event.label = self._label(life, slot)
        elif slot in {"assigned", "unassigned"}:
            event.assignee = self.people.maintainer(life.key).login
        elif slot == "milestoned":
            event.milestone = self.rhythm.release(life.number) // 2 + 1
        elif slot == "typed":
            event.type = TYPE_OF_KIND.get(life.kind, "Task")
        elif slot == "renamed":
            telling = self.telling(life)
            event.title_before = texts.write(telling).title
            event.title_after = texts.better_title(event.title_before, telling)
        elif event.event == "closed":
            event.state_reason = self._close_reason(life, slot)

    def _label(self, life: Life, slot: str) -> str:
        if slot == "label_area":
            return area_label(texts.area_of(self.problem(life.duplicate_of or life.number)))
        if slot == "label_kind" and life.kind == "bug" and self.rhythm.is_rocky(life.number):
            return "regression"
        return {"label_stale": "stale", "label_kind": LABEL_OF_KIND.get(life.kind, "bug")}.get(
            slot, "needs info"
        )

    def _close_reason(self, life: Life, slot: str) -> str | None:
        if life.is_pull or life.number <= self.count // 30:
            return None  # the oldest were closed before reasons existed
        if slot == "closed_stale" or (life.kind == "feature" and life.key % 3 == 0):
            return "not_planned"
        return "duplicate" if life.kind == "duplicate" and life.key % 8 else "completed"

    def comments(self, life: Life) -> list[Comment]:
        return [self.comment(life, *turn) for turn in life.slots if turn[0] in COMMENT_SLOTS]

    def comment(self, life: Life, slot: int, tick: int) -> Comment:
        name = SLOTS[slot]
        key = mix(life.key, slot, 9)
        person = self._commenter(life, name, key)
        created = self.timeline.moment(tick, slot)
        return Comment(
            id=self.activity_id(tick, slot),
            number=life.number,
            author=_author(person, key),
            body=texts.reply(self.telling(life), name, key, life.duplicate_of),
            created=created,
            updated=created if key % 20 else self.timeline.moment(tick, slot + 0.5),
        )

    def _commenter(self, life: Life, slot: str, key: int) -> Person:
        if slot in {"comment_triage", "comment_second"}:
            return self.people.maintainer(key)
        if slot == "comment_late" or key % 3 == 0:
            return self.people.reporter(key)
        return self.reporter(life)


_EVENT_NAMES = {
    "typed": "issue_type_added", "assigned": "assigned", "unassigned": "unassigned",
    "milestoned": "milestoned", "renamed": "renamed", "reopened": "reopened", "locked": "locked",
    "unlabel_info": "unlabeled",
}  # fmt: skip


def _author(person: Person, key: int) -> str | None:
    """One account in forty was deleted since; GitHub shows most of those as `ghost`."""
    if person.bot or mix(key, 10) % 40:
        return person.login
    return None if mix(key, 11) % 4 == 0 else "ghost"
