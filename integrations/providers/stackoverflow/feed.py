"""Feed of the questions of some tags with their answers and comments."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from msgspec import structs

from integrations.providers.contract.base import (
    CensusEntry,
    Cursor,
    HttpResponse,
    IssueRecord,
    Page,
    ProviderResponseError,
)
from integrations.providers.parsing.dates import read_http_date
from integrations.providers.stackoverflow.assemble import Pieces, listed_of, page_of
from integrations.providers.stackoverflow.client import Answer, StackClient, Way
from integrations.providers.stackoverflow.page_anchor import PAGE_SIZE, Spot, dates_of, witnesses
from integrations.providers.stackoverflow.page_token import Place

Record = TypeVar("Record", IssueRecord, CensusEntry)


class QuestionFeed:
    """Feed that reads tag by tag: a query for several tags returns questions with all of them."""

    def __init__(self, client: StackClient) -> None:
        self._client = client

    def pages(self, cursor: Cursor) -> Iterator[Page[IssueRecord]]:
        since = None if cursor.since is None else int(cursor.since.timestamp())
        place = self._start(cursor.page_token, since)
        while place:
            with self._client.together():
                page, place = self._read(place)
            yield page

    def census(self, page_token: str) -> Iterator[Page[CensusEntry]]:
        """Yield whole rows; a question with two of the tags is listed twice.

        Detects changes without new activity (a closing, an acceptance, a deleted comment).
        """
        place = self._start(page_token, None)
        while place:
            with self._client.together():
                page, place = self._list(place)
            yield page

    def read_some(self, question_ids: Sequence[int]) -> Pieces:
        """Fetch up to `MAX_IDS` questions; deleted ones are missing in the result."""
        with self._client.together():
            fields = self._client.all_fields()
            path = f"/questions/{';'.join(map(str, question_ids))}"
            query = {"filter": fields, "pagesize": PAGE_SIZE}
            answer = self._client.ask(path, query, endpoint="/questions/{ids}")
            if answer.has_more:
                raise ProviderResponseError("Stack Exchange sent more questions than requested.")
            return self._with_history(answer, fields)[0]

    def _read(self, place: Place) -> tuple[Page[IssueRecord], Place | None]:
        fields = self._client.all_fields()
        query = {"tagged": place.tag, "filter": fields}
        if place.spot is None:
            newest = {"order": "desc", "sort": "activity", "page": 1, "pagesize": PAGE_SIZE}
            answer = self._client.ask("/questions", query | newest)
            later = self._after_newest(place, answer)
        else:
            answer, spot = self._client.step("activity", Way("/questions", query), place.spot)
            later = self._go_on(place, spot)
        pieces, replies = self._with_history(answer, fields)
        page = structs.replace(page_of(pieces), raw=tuple(each.raw for each in replies))
        return _placed(page, answer, later), later

    def _list(self, place: Place) -> tuple[Page[CensusEntry], Place | None]:
        fields = self._client.all_fields()
        way = Way("/questions", {"tagged": place.tag, "filter": fields})
        answer, spot = self._client.step("creation", way, place.spot or Spot())
        later = self._go_on(place, spot)
        pieces, replies = self._with_history(answer, fields)
        page = structs.replace(page_of(pieces), raw=tuple(each.raw for each in replies))
        return _placed(listed_of(page, answer.rows()), answer, later), later

    def _with_history(self, answer: Answer, fields: str) -> tuple[Pieces, list[HttpResponse]]:
        """Return the questions with their posts, and all replies; usually all is embedded."""
        answers = [answer]
        pieces = Pieces(answer.rows())
        short = [each.question_id for each in pieces.questions if pieces.lacks_answers(each)]
        silent = [each.question_id for each in pieces.questions if pieces.lacks_comments(each)]
        answers += self._client.ask_below("questions", short, "answers", fields)
        answers += self._client.ask_below("questions", silent, "comments", fields)
        pieces = Pieces(*(each.rows() for each in answers))
        answers += self._client.ask_below(
            "answers", pieces.answers_lacking_comments(), "comments", fields
        )
        return Pieces(*(each.rows() for each in answers)), [each.reply for each in answers]

    def _start(self, token: str, since: int | None) -> Place | None:
        tags = self._client.tag_set.tags
        return Place.read(token, tags) if token else Place.first(tags[0], since)

    def _go_on(self, place: Place, spot: Spot | None) -> Place | None:
        if spot:
            return structs.replace(place, spot=spot)
        return place.after(self._client.tag_set.tags)

    def _after_newest(self, place: Place, answer: Answer) -> Place | None:
        """Go to the next tag if the newest page reaches back to `since`."""
        since = place.since or 0
        dates = dates_of(answer.rows(), "activity")
        is_covered = sum(date < since for date in dates) >= witnesses(dates)
        return self._go_on(place, Spot(since) if answer.has_more and not is_covered else None)


def _placed(page: Page[Record], answer: Answer, later: Place | None) -> Page[Record]:
    return structs.replace(
        page,
        next_token=later.token() if later else None,
        upstream_time=read_http_date(answer.reply.headers.get("date", "")),
    )
