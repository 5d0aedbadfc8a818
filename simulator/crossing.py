"""Plants references between trackers: the same few for the same seed.

Issues come to name Jira keys and questions, questions come to name issues. The histories stay as
they are: each reference is an edit, as if somebody had added a link.
"""

from collections.abc import Iterator

import msgspec

from .github.state import DEFAULT_REPOSITORY, GitHub
from .seeded_random import Dice, key_of
from .stackexchange.render import link_of
from .stackexchange.state import StackExchange


class Reference(msgspec.Struct, frozen=True):
    """Who names whom, and with which words."""

    tracker: str
    id: int
    """Of the issue (its stable id) or the question whose body names the other."""
    to_tracker: str
    to: str
    """A question's id, an issue's id, or a Jira key."""
    text: str
    """As it stands in the body."""


class Crossing:
    """Plants what `Reference` describes."""

    def __init__(self, github: GitHub, stackexchange: StackExchange, seed: int) -> None:
        self._github, self._stackexchange = github, stackexchange
        self._dice = Dice(key_of(seed, "crossing"))

    def plant(self, count: int) -> list[Reference]:
        """`count` of each kind: issue to question, issue to Jira, question to issue."""
        issues = [row.number for row in self._github.each_truth() if row.gone is None]
        questions = list(self._stackexchange.truth())
        numbers = self._dice.few(issues, 3 * count)
        asked = self._dice.few(questions, 2 * count)
        return [
            *self._to_questions(numbers[:count], asked[:count]),
            *self._to_jira(numbers[count : 2 * count]),
            *self._to_issues(asked[count:], numbers[2 * count :]),
        ]

    def _to_questions(self, numbers: list[int], questions: list[int]) -> Iterator[Reference]:
        site = self._stackexchange.site()
        for number, question in zip(numbers, questions, strict=False):
            text = link_of(site, site.question(question))
            issue = self._write(number, f"Also asked at {text}")
            yield Reference("github", issue, "stackexchange", str(question), text)

    def _to_jira(self, numbers: list[int]) -> Iterator[Reference]:
        for number in numbers:
            key = f"ENG-{self._dice.between(1, 60)}"
            yield Reference("github", self._write(number, f"Tracked as {key}."), "jira", key, key)

    def _to_issues(self, questions: list[int], numbers: list[int]) -> Iterator[Reference]:
        repository = self._github.repository(DEFAULT_REPOSITORY)
        site, changes = self._stackexchange.site(), self._stackexchange.changes()
        for question, number in zip(questions, numbers, strict=False):
            text = f"{self._github.web}/{repository.full_name}/issues/{number}"
            body = site.question(question).markdown
            changes.edit(question, body=f"{body}\n\nReported as {text}")
            issue = str(repository.issue(number).id)
            yield Reference("stackexchange", question, "github", issue, text)

    def _write(self, number: int, sentence: str) -> int:
        """The id of the issue."""
        body = self._github.repository(DEFAULT_REPOSITORY).issue(number).body or ""
        return self._github.changes().edit(number, body=f"{body}\n\n{sentence}".strip()).id
