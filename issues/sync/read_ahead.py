"""Ask for the next page while this one is being stored; still one request at a time."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from integrations.providers.base import Page, ProviderResponseError

Record = TypeVar("Record")
GoOn = Callable[[], bool]
"""Whether there is time for another request."""


def read_ahead(pages: Iterator[Page[Record]], *, go_on: GoOn) -> Iterator[Page[Record]]:
    """The pages in order, up to the last one, or to the first for which `go_on` says no.

    Nothing is fetched in vain: `go_on` is asked before a request is made, so that the page under
    way when time is up is still given out.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as thread:
        coming: Future[Page[Record] | None] | None = thread.submit(next, pages, None)
        while coming is not None:
            page = coming.result()
            if page is None:
                return
            more = page.next_token is not None and go_on()
            coming = thread.submit(next, pages, None) if more else None
            yield page


def read_patiently(
    open_at: Callable[[str], Iterator[Page[Record]]], token: str, *, go_on: GoOn
) -> Iterator[Page[Record]]:
    """`read_ahead` from the page at `token` on. A page that is not what its API promises is asked
    for once more, where the provider says so in another way (in parts), before that ends the run.
    """
    is_second = False
    while True:
        try:
            for page in read_ahead(open_at(token), go_on=go_on):
                token, is_second = page.next_token or "", False
                yield page
            return
        except ProviderResponseError as error:
            if is_second:
                raise
            token, is_second = error.again_at or token, True
