"""One site of the network: its questions now."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import count

from .archive import Archive
from .model import Answer, Comment, Post, Question

Found = tuple[Question, Answer]


class Site:
    """Made from its archive when somebody first looks."""

    def __init__(self, name: str, title: str, address: str, archive: Archive) -> None:
        self.name, self.title, self.address = name, title, address
        self._archive = archive

    @cached_property
    def questions(self) -> dict[int, Question]:
        """By id; what was deleted is not in it."""
        return {question.id: question for question in self._archive.questions()}

    @cached_property
    def _question_of(self) -> dict[int, int]:
        """The question that each answer belongs to."""
        return {a.id: q.id for q in self.questions.values() for a in q.answers}

    @cached_property
    def _ids(self) -> "count[int]":
        posts = [post.id for question in self.questions.values() for post in posts_of(question)]
        return count(max(posts, default=79_000_000) + 1)

    @cached_property
    def _comment_ids(self) -> "count[int]":
        known = [comment.id for question in self.questions.values()
                 for post in posts_of(question) for comment in post.comments]  # fmt: skip
        return count(max(known, default=139_000_000) + 1)

    # --- looking ---------------------------------------------------------------------------------

    def tagged(self, tags: Iterable[str]) -> Iterator[Question]:
        """Those that carry all of the tags."""
        wanted = {tag.lower() for tag in tags}
        return (q for q in self.questions.values() if wanted.issubset(q.tags))

    def question(self, question_id: int) -> Question:
        """LookupError where there is none (any more)."""
        try:
            return self.questions[question_id]
        except KeyError:
            raise LookupError(f"{self.name} has no question {question_id} (any more)") from None

    def answer(self, answer_id: int) -> Found:
        question = self.questions.get(self._question_of.get(answer_id, 0))
        if question is not None:
            for answer in question.answers:
                if answer.id == answer_id:
                    return question, answer
        raise LookupError(f"{self.name} has no answer {answer_id} (any more)")

    def find_answer(self, answer_id: int) -> Found | None:
        try:
            return self.answer(answer_id)
        except LookupError:
            return None

    def post(self, post_id: int) -> Post:
        return self.questions[post_id] if post_id in self.questions else self.answer(post_id)[1]

    # --- writing: used by `changes` alone --------------------------------------------------------

    def add_question(self, question: Question) -> Question:
        question.id = next(self._ids)
        self.questions[question.id] = question
        return question

    def add_answer(self, question: Question, answer: Answer) -> Answer:
        answer.id, answer.question_id = next(self._ids), question.id
        question.answers = [*question.answers, answer]
        self._question_of[answer.id] = question.id
        return answer

    def add_comment(self, post: Post, comment: Comment) -> Comment:
        comment.id, comment.post_id = next(self._comment_ids), post.id
        post.comments = [*post.comments, comment]
        return comment


def posts_of(question: Question) -> tuple[Post, ...]:
    return (question, *question.answers)
