"""The past of one project: every issue with its comments and its changelog, told from its number.

The lives are those the simulated GitHub tells as well; only the words for what happened differ.
"""

from collections.abc import Callable, Iterator
from typing import ClassVar

import msgspec

from simulator.content import texts
from simulator.content.lifecycles import CLOSING_SLOTS, COMMENT_SLOTS, SLOTS
from simulator.content.rhythm import Rhythm
from simulator.github.history import History
from simulator.github.model import Event
from simulator.github.past import Life
from simulator.seeded_random import mix

from . import edits
from .comment_content import Setting, comment_text, enriched
from .hierarchy import parent_of, type_of
from .model import Comment, Entry, Issue, Item, Project
from .people import AUTOMATION, Accounts, story_login

_PRIORITIES = ("Highest", "High", "High", "Medium", "Medium", "Medium", "Low", "Lowest")
_BUSY, _CHATTY = 97, 89
"""One issue in so many has a changelog, or a talk, too long for one page."""


class Source(msgspec.Struct, frozen=True):
    """What all projects of a site share."""

    seed: int
    until: int
    """Seconds since 1970."""
    accounts: Accounts
    cloud: bool


class ProjectPast:
    """Issues by number, from 1 to `project.count`."""

    def __init__(self, source: Source, project: Project) -> None:
        self._source, self._project = source, project
        rhythm = Rhythm(source.seed, project.key, project.count, source.until)
        self._told = History(source.seed, project.key, rhythm, 0.0)

    def issues(self) -> Iterator[Issue]:
        for number in range(1, self._project.count + 1):
            yield self._issue(self._told.life(number))

    def _issue(self, life: Life) -> Issue:
        told, project = self._told, self._project
        telling = told.telling(life)
        text = texts.write(telling)
        area = texts.area_of(told.problem(life.duplicate_of or life.number))
        setting = Setting(
            project.key, life.number, life.key, told.people.maintainer(life.key).login
        )
        created = self._at(life.created, life.key)
        issue = Issue(
            id=self._project.issue_id(life.number),
            key=f"{project.key}-{life.number}",
            project=project.key,
            type=type_of(life.number, life.kind, life.key),
            summary=text.title[:255],
            body=enriched(text.body, setting),
            reporter=story_login(told.reporter(life).login if life.key % 40 else None),
            created=created,
            updated=created,
            priority=_PRIORITIES[mix(life.key, 2, 62) % len(_PRIORITIES)],
            components=[area.title()] if life.key % 6 else [],
            parent=self._parent(life),
            duplicate_of=self._project.issue_id(life.duplicate_of) if life.duplicate_of else None,
        )
        self._live(issue, life)
        return issue

    def _parent(self, life: Life) -> int | None:
        number = parent_of(life.number, life.kind, life.key)
        return self._project.issue_id(number) if number else None

    def _at(self, seconds: int, key: int) -> int:
        return seconds * 1000 + mix(key, seconds, 63) % 1000

    # --- what happened ---------------------------------------------------------------------------

    def _live(self, issue: Issue, life: Life) -> None:
        for slot, tick in life.slots:
            at = self._at(self._told.timeline.moment(tick, slot), life.key)
            if slot in COMMENT_SLOTS:
                issue.comments.append(self._comment(issue, life, slot, tick))
            else:
                self._happen(issue, life, (slot, tick), at)
            issue.updated = max(issue.updated, at)
        if issue.status == "In Progress" and life.key % 3 == 0:
            self._review(issue)
        if life.number % _BUSY == 50:
            self._be_busy(issue, life)
        if life.number % _CHATTY == 40:
            self._be_chatty(issue, life)
        issue.entries.sort(key=lambda entry: (entry.at, entry.id))
        last = max((comment.updated for comment in issue.comments), default=0)
        issue.updated = max(issue.updated, last)

    def _happen(self, issue: Issue, life: Life, turn: tuple[int, int], at: int) -> None:
        event = self._told.event(life, *turn)
        author: str | None = story_login(event.actor)
        if SLOTS[turn[0]].endswith("stale"):
            author = AUTOMATION
        elif SLOTS[turn[0]] == "label_kind" and life.key % 23 == 7:
            author = None
        if turn[0] in CLOSING_SLOTS and issue.status == "In Progress" and life.key % 5 < 3:
            halfway = (issue.updated + at) // 2
            items = edits.set_status(issue, self._project, "In Review", None, halfway)
            issue.entries.append(Entry(self._id(turn, 1), issue.assignee, halfway, tuple(items)))
        items = self.effects[event.event](self, issue, event, at)
        if items:
            issue.entries.append(Entry(self._id(turn, 2), author, at, tuple(items)))

    def _review(self, issue: Issue) -> None:
        """Half of the way between the start of the work and the last that was heard of it."""
        started = next(
            entry for entry in reversed(issue.entries)
            if any(item.field == "status" for item in entry.items)
        )  # fmt: skip
        at = (started.at + issue.updated) // 2
        items = edits.set_status(issue, self._project, "In Review", None, at)
        issue.entries.append(Entry(started.id + 1, issue.assignee, at, tuple(items)))

    def _id(self, turn: tuple[int, int], place: int) -> int:
        slot, tick = turn
        return self._project.first_id * 1_000 + (tick * 32 + slot) * 64 + place

    def _comment(self, issue: Issue, life: Life, slot: int, tick: int) -> Comment:
        told = self._told.comment(life, slot, tick)
        author = story_login(told.author)
        return Comment(
            self._id((slot, tick), 0), issue.id, author,
            comment_text(told.body, self._project.key), self._at(told.created, life.key),
            self._at(told.updated, life.key), author,
        )  # fmt: skip

    def _be_busy(self, issue: Issue, life: Life) -> None:
        """Somebody could not decide: 55 changes of the priority."""
        step = max((issue.updated - issue.created) // 56, 1)
        for turn in range(1, 56):
            name = "High" if turn % 2 else "Low"
            items = edits.set_priority(issue, name)
            if items:
                id_, at = self._id((31, life.number), turn), issue.created + turn * step
                issue.entries.append(Entry(id_, issue.reporter, at, tuple(items)))
        issue.updated = max(issue.updated, issue.created + 55 * step)

    def _be_chatty(self, issue: Issue, life: Life) -> None:
        step = max((issue.updated - issue.created) // 27, 1)
        for turn in range(1, 27):
            id_, at = self._id((31, life.number), turn), issue.created + turn * step
            author = story_login(self._told.people.reporter(mix(life.key, turn, 64)).login)
            text = f"Seen once more, now {turn + 1} times."
            issue.comments.append(Comment(id_, issue.id, author, text, at, at, author))
        issue.comments.sort(key=lambda comment: (comment.created, comment.id))

    # --- effects ---------------------------------------------------------------------------------

    def _labeled(self, issue: Issue, event: Event, at: int) -> list[Item]:
        label = event.label.replace(": ", "-").replace(" ", "-")
        return edits.set_labels(issue, [*dict.fromkeys([*issue.labels, label])])

    def _unlabeled(self, issue: Issue, event: Event, at: int) -> list[Item]:
        label = event.label.replace(": ", "-").replace(" ", "-")
        return edits.set_labels(issue, [name for name in issue.labels if name != label])

    def _assigned(self, issue: Issue, event: Event, at: int) -> list[Item]:
        """Whoever takes it starts at once."""
        source = self._source
        items = edits.set_assignee(
            issue, event.assignee, source.accounts, cloud=source.cloud
        )  # fmt: skip
        return items + edits.set_status(issue, self._project, "In Progress", None, at)

    def _unassigned(self, issue: Issue, event: Event, at: int) -> list[Item]:
        return edits.set_assignee(issue, None, self._source.accounts, cloud=self._source.cloud)

    def _milestoned(self, issue: Issue, event: Event, at: int) -> list[Item]:
        return edits.set_sprint(issue, event.milestone)

    def _typed(self, issue: Issue, event: Event, at: int) -> list[Item]:
        return edits.set_priority(issue, "High" if issue.type == "Bug" else "Low")

    def _renamed(self, issue: Issue, event: Event, at: int) -> list[Item]:
        return edits.set_summary(issue, event.title_after[:255])

    def _locked(self, issue: Issue, event: Event, at: int) -> list[Item]:
        return edits.set_status(issue, self._project, "Closed", issue.resolution, at)

    def _reopened(self, issue: Issue, event: Event, at: int) -> list[Item]:
        return edits.set_status(issue, self._project, "To Do", None, at)

    def _closed(self, issue: Issue, event: Event, at: int) -> list[Item]:
        status = "Closed" if issue.id % 4 == 0 else "Done"
        return edits.set_status(issue, self._project, status, _resolution(issue, event), at)

    effects: ClassVar[dict[str, Callable[..., list[Item]]]] = {
        "labeled": _labeled, "unlabeled": _unlabeled, "assigned": _assigned,
        "unassigned": _unassigned, "milestoned": _milestoned, "issue_type_added": _typed,
        "renamed": _renamed, "locked": _locked, "reopened": _reopened, "closed": _closed,
    }  # fmt: skip


def _resolution(issue: Issue, event: Event) -> str:
    if event.state_reason == "not_planned":
        return "Won't Do"
    if issue.duplicate_of or event.state_reason == "duplicate":
        return "Duplicate"
    if issue.type != "Bug":
        return "Done"
    return "Cannot Reproduce" if issue.id % 9 == 0 else "Fixed"
