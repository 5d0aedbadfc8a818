"""One scope in each simulated tracker, changed at random: what a reader of any of them meets."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from simulator.jira.state import Jira
from simulator.jira.truth import comments_of
from simulator.server import TrackerServer
from simulator.stackexchange.close_reasons import REASONS
from simulator.stackexchange.model import Answer, Question
from simulator.stackexchange.site import posts_of

Facts = tuple[str, str, str, str]
"""Key, title, status, and the tracker's own word for it with labels and components."""
_NUMBERS = count(1)
_CATEGORIES = {"new": "todo", "indeterminate": "in_progress", "done": "done"}


class Story(Protocol):
    provider: str
    given: dict[str, Any]
    """What a person gives to connect it."""

    def change(self, dice: random.Random) -> None:
        """Something happens."""

    def change_silently(self, dice: random.Random) -> None:
        """Something happens that moves no date by which a sync asks."""

    def issues(self) -> dict[str, Facts]:
        """What is there, by stable id."""

    def comments(self) -> set[str]:
        """The ids of all comments of what is there."""


@dataclass
class GitHubStory:
    server: TrackerServer
    size: int = 230
    provider: str = "github"

    def __post_init__(self) -> None:
        self.name = f"octo/story{next(_NUMBERS)}"
        self.server.github.add_repository(self.name, self.size)
        self.changes = self.server.github.changes(self.name)
        url = f"{self.server.url}/github"
        self.given = {"token": "ghp_one", "repository": self.name, "api_url": url}

    def change(self, dice: random.Random) -> None:
        number = dice.choice([t.number for t in self._there()])
        acts: list[Callable[[], object]] = [
            lambda: self.changes.create(title=f"New {dice.random()}"),
            lambda: self.changes.edit(number, title=f"Edited {dice.random()}"),
            lambda: self.changes.close(number),
            lambda: self.changes.label(number, name=dice.choice(["one", "two"])),
            lambda: self.changes.comment(number),
            lambda: self.changes.delete(number),
            lambda: self.changes.transfer(number, to=self.server.github.repository("octo/attic")),
        ]
        dice.choice(acts)()

    def change_silently(self, dice: random.Random) -> None:
        there = self._there()
        labels = sorted({label for truth in there for label in truth.labels}) or ["none"]
        comments = sorted(map(int, self.comments()))
        acts: list[Callable[[], object]] = [
            lambda: self.changes.rename_label(dice.choice(labels), to=f"label {dice.random()}"),
            lambda: self.changes.delete_comment(dice.choice(comments), silently=True),
            lambda: self.changes.delete_comment(dice.choice(comments), silently=True, event=True),
        ]
        dice.choice(acts if comments else acts[:1])()

    def issues(self) -> dict[str, Facts]:
        states = {"open": "todo", "closed": "done"}
        return {
            str(t.id): (f"#{t.number}", t.title, states[t.state], words(t.state, labels=t.labels))
            for t in self._there()
        }

    def comments(self) -> set[str]:
        repository = self.server.github.repository(self.name)
        return {str(c.id) for t in self._there() for c in repository.comments_of(t.number)}

    def _there(self) -> list[Any]:
        return [t for t in self.server.github.each_truth(self.name) if not t.gone]


@dataclass
class JiraStory:
    server: TrackerServer
    size: int = 130
    cloud: bool = True
    provider: str = "jira"

    def __post_init__(self) -> None:
        number = next(_NUMBERS)
        self.jira: Jira = self.server.jira if self.cloud else self.server.jira_dc
        self.key, self.elsewhere = f"ST{number}", f"EL{number}"
        self.jira.add_project(self.key, self.size)
        self.jira.add_project(self.elsewhere, 0)
        self.changes = self.jira.changes()
        site = f"{self.server.url}/{'jira' if self.cloud else 'jira-dc'}"
        self.given = {"site_url": site, "project_key": self.key, "token": "t"}
        self.given |= {"email": "ann@example.com" if self.cloud else ""}

    def change(self, dice: random.Random) -> None:
        issue = dice.choice([t.key for t in self._there()])
        status = dice.choice(self._statuses())
        acts: list[Callable[[], object]] = [
            lambda: self.changes.create(self.key, title=f"New {dice.random()}"),
            lambda: self.changes.edit(issue, title=f"Edited {dice.random()}"),
            lambda: self.changes.transition(issue, status=status),
            lambda: self.changes.label(issue, name=dice.choice(["one", "two"])),
            lambda: self.changes.comment(issue, body="Any news?"),
            lambda: self.changes.delete(issue),
            lambda: self.changes.move(issue, to=self.elsewhere),
        ]
        dice.choice(acts)()

    def change_silently(self, dice: random.Random) -> None:
        """What administrators change, and deleted comments."""
        name, key = f"Word {dice.random()}", self.key
        components = sorted({c for t in self._there() for c in t.components}) or ["none"]
        comments = sorted(map(int, self.comments()))
        acts: list[Callable[[], object]] = [
            lambda: self.changes.rename_status(key, status=dice.choice(self._statuses()), to=name),
            lambda: self.changes.recategorise_status(
                key, status=dice.choice(self._statuses()), category=dice.choice([*_CATEGORIES])
            ),
            lambda: self.changes.rename_component(key, component=dice.choice(components), to=name),
            lambda: self.changes.remove_component(key, component=dice.choice(components)),
            lambda: self.changes.delete_comment(dice.choice(comments), silently=True),
        ]
        dice.choice(acts if comments else acts[:-1])()

    def _statuses(self) -> list[str]:
        return [status.name for status in self.jira.project(self.key).statuses.values()]

    def issues(self) -> dict[str, Facts]:
        return {
            str(t.id): (t.key, t.title, _CATEGORIES[t.category],
                        words(t.status, labels=t.labels, components=t.components))
            for t in self._there()
        }  # fmt: skip

    def comments(self) -> set[str]:
        return {str(comment.id) for comment in comments_of(self.jira, self.key)}

    def _there(self) -> list[Any]:
        return [t for t in self.jira.truth(self.key).values() if not (t.gone or t.hidden)]


@dataclass
class StackStory:
    server: TrackerServer
    size: int = 130
    provider: str = "stackoverflow"

    def __post_init__(self) -> None:
        self.tags = [f"story{next(_NUMBERS)}", f"story{next(_NUMBERS)}"]
        self.changes = self.server.stackexchange.changes()
        for number in range(self.size):
            # Many in one second, as where a whole page is.
            self.server.clock.shift(0 if 10 < number < 120 else 1)
            self._ask(f"Question {number}?", self.tags[number % 2])
        self.given = {
            "tags": self.tags,
            "site": "",
            "key": "k",
            "api_url": f"{self.server.url}/stackexchange/2.3",
        }

    def _ask(self, title: str, tag: str) -> Any:
        return self.changes.ask(title=title, tags=[tag, "python"])

    def change(self, dice: random.Random) -> None:
        there = self._there()
        question = dice.choice(list(there))
        acts: list[Callable[[], object]] = [
            lambda: self._ask(f"New {dice.random()}?", dice.choice(self.tags)),
            lambda: self.changes.edit(question, title=f"Edited {dice.random()}?"),
            lambda: self.changes.answer(question),
            lambda: self.changes.retag(question, tags=[dice.choice([*self.tags, "python"])]),
            lambda: self.changes.delete(question),
            *self._silent_acts(question, there[question], dice),
        ]
        dice.choice(acts)()

    def change_silently(self, dice: random.Random) -> None:
        """What moves no `last_activity_date`."""
        there = self._there()
        question = dice.choice(list(there))
        dice.choice(self._silent_acts(question, there[question], dice))()

    def _silent_acts(
        self, question: int, truth: Any, dice: random.Random
    ) -> list[Callable[[], object]]:
        comments = [c.id for p in posts_of(self._questions[question]) for c in p.comments]
        acts: list[Callable[[], object]] = [
            lambda: self.changes.close(question, reason=dice.choice(list(REASONS))),
            lambda: self.changes.reopen(question),
            lambda: self.changes.unaccept(question),
            lambda: self.changes.migrate(question),
            lambda: self.changes.comment(question),
        ]
        if truth.answers:
            acts.append(lambda: self.changes.accept(question))
            acts.append(lambda: self.changes.delete_answer(truth.answers[0].id))
        if comments:
            acts.append(lambda: self.changes.delete_comment(comments[0]))
        return acts

    def issues(self) -> dict[str, Facts]:
        return {
            str(t.id): (f"Q{t.id}", t.title, _of(t), words("", labels=t.tags))
            for t in self._there().values()
        }

    def comments(self) -> set[str]:
        posts = [post for q in self._there() for post in posts_of(self._questions[q])]
        comments = {f"comment:{c.id}" for post in posts for c in post.comments}
        return comments | {f"answer:{post.id}" for post in posts if isinstance(post, Answer)}

    @property
    def _questions(self) -> dict[int, Question]:
        return self.server.stackexchange.site().questions

    def _there(self) -> dict[int, Any]:
        stack = self.server.stackexchange
        return {**stack.truth([self.tags[0]]), **stack.truth([self.tags[1]])}


def words(status: str, *, labels: Iterable[str], components: Iterable[str] = ()) -> str:
    named = [*(f"label {name}" for name in labels), *(f"component {name}" for name in components)]
    return "; ".join([status, *sorted(named)])


def _of(question: Any) -> str:
    """Its status, in our words."""
    if question.accepted_answer_id or question.closed_at:
        return "done"
    return "in_progress" if question.answers else "todo"


STORIES: dict[str, Callable[..., Story]] = {
    "github": GitHubStory,
    "jira cloud": JiraStory,
    "jira data center": lambda server, **size: JiraStory(server, cloud=False, **size),
    "stackoverflow": StackStory,
}
