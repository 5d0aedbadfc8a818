"""What people do on a site while somebody reads it.

Only asking, answering and editing move `last_activity_date`. Comments, accepting, closing,
reopening and migrating leave it alone, and so does deleting: https://stackoverflow.com/help says
what "bumps" a question, and readers must not count on more.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from threading import RLock
from typing import Concatenate, ParamSpec, TypeVar

from simulator.clock import Clock
from simulator.seeded_random import key_of

from .close_reasons import DUPLICATE
from .model import Answer, Closing, Comment, Migration, Owner, Post, Question
from .site import Site, posts_of

_ME = "hana-forge"
Given = ParamSpec("Given")
Made = TypeVar("Made")


def _alone(
    act: Callable[Concatenate["Changes", Given], Made],
) -> Callable[Concatenate["Changes", Given], Made]:
    """Nobody reads while a change is half done."""

    @wraps(act)
    def locked(self: "Changes", /, *args: Given.args, **kwargs: Given.kwargs) -> Made:
        with self.lock:
            return act(self, *args, **kwargs)

    return locked


class Changes:
    """Changes to one site, by Python or over `/_control`.

    Bodies are Markdown; one that begins with a tag is HTML.
    """

    def __init__(self, site: Site, clock: Clock, lock: RLock) -> None:
        self._site, self._clock, self.lock = site, clock, lock

    # --- questions -------------------------------------------------------------------------------

    @_alone
    def ask(self, *, title: str = "Something new?", body: str = "How does it work?",
            tags: Sequence[str] = ("engine",), owner: str = _ME) -> Question:  # fmt: skip
        now = self._clock.now()
        question = Question(owner=_owner(owner), title=title, markdown=body, tags=list(tags),
                            created=now, active=now)  # fmt: skip
        return self._site.add_question(question)

    @_alone
    def edit(self, question_id: int, *, title: str | None = None,
             body: str | None = None) -> Question:  # fmt: skip
        question = self._site.question(question_id)
        question.title = question.title if title is None else title
        return self._edited(question, question, body)

    @_alone
    def retag(self, question_id: int, *, tags: Sequence[str]) -> Question:
        """An edit like any other."""
        question = self._site.question(question_id)
        question.tags = list(tags)
        return self._edited(question, question, None)

    @_alone
    def close(self, question_id: int, *, reason: str = DUPLICATE,
              original: int | None = None) -> Question:  # fmt: skip
        """A duplicate names its original; without one, the first question of the site is it."""
        question = self._site.question(question_id)
        originals: tuple[int, ...] = ()
        if reason == DUPLICATE:
            first = next(id_ for id_ in self._site.questions if id_ != question_id)
            originals = (self._site.question(original or first).id,)
        by = (_owner(_ME),)
        question.closing = Closing(self._clock.now(), reason, by, originals)
        return question

    @_alone
    def reopen(self, question_id: int) -> Question:
        question = self._site.question(question_id)
        question.closing = None
        return question

    @_alone
    def migrate(self, question_id: int) -> Question:
        """It belongs on another site; what stays here is closed and says where it went."""
        question, now = self._site.question(question_id), self._clock.now()
        question.closing = Closing(now, "Not suitable for this site", (_owner(_ME),))
        question.migration = Migration(now, 1_000_000 + question_id % 1_000_000)
        return question

    @_alone
    def delete_comment(self, comment_id: int) -> None:
        for question in self._site.questions.values():
            for post in posts_of(question):
                post.comments = [each for each in post.comments if each.id != comment_id]

    @_alone
    def delete(self, question_id: int) -> None:
        """It vanishes, its answers and comments with it, and nothing says so."""
        del self._site.questions[self._site.question(question_id).id]

    @_alone
    def delete_owner(self, post_id: int) -> Owner:
        """The account is gone from everything it wrote."""
        gone = self._site.post(post_id).owner
        nobody = Owner(f"user{gone.id}")
        written: list[Post | Comment] = []
        for question in self._site.questions.values():
            for post in posts_of(question):
                written += [post, *post.comments]
        for thing in written:
            if gone.id is not None and thing.owner.id == gone.id:
                thing.owner = nobody
        return nobody

    # --- answers ---------------------------------------------------------------------------------

    @_alone
    def answer(self, question_id: int, *, body: str = "Like this.", owner: str = "noor-vale",
               score: int = 0) -> Answer:  # fmt: skip
        question, now = self._site.question(question_id), self._clock.now()
        question.active = now
        answer = Answer(owner=_owner(owner), markdown=body, created=now, score=score)
        return self._site.add_answer(question, answer)

    @_alone
    def edit_answer(self, answer_id: int, *, body: str) -> Answer:
        question, answer = self._site.answer(answer_id)
        self._edited(question, answer, body)
        return answer

    @_alone
    def delete_answer(self, answer_id: int) -> None:
        question, answer = self._site.answer(answer_id)
        question.answers = [other for other in question.answers if other is not answer]
        question.accepted = None if question.accepted == answer_id else question.accepted

    @_alone
    def accept(self, question_id: int, *, answer_id: int | None = None) -> Question:
        """The last answer, where none is named."""
        question = self._site.question(question_id)
        found = [a.id for a in question.answers if answer_id in {None, a.id}]
        if not found:
            raise LookupError(f"Question {question_id} has no such answer")
        question.accepted = found[-1]
        return question

    @_alone
    def unaccept(self, question_id: int) -> Question:
        question = self._site.question(question_id)
        question.accepted = None
        return question

    @_alone
    def vote(self, post_id: int, *, score: int) -> Post:
        post = self._site.post(post_id)
        post.score = score
        return post

    # --- comments --------------------------------------------------------------------------------

    @_alone
    def comment(self, post_id: int, *, body: str = "Any news?", owner: str = _ME) -> Comment:
        """On a question or an answer."""
        post = self._site.post(post_id)
        comment = Comment(0, post.id, _owner(owner), body, self._clock.now())
        return self._site.add_comment(post, comment)

    def _edited(self, question: Question, post: Post, body: str | None) -> Question:
        post.markdown = post.markdown if body is None else body
        post.edited = question.active = self._clock.now()
        return question


def _owner(name: str) -> Owner:
    return Owner(name, 20_000_000 + key_of(name) % 9_000_000, 1 + key_of(name) % 5_000)
