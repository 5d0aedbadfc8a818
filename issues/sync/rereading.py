"""Doubts that one request settles together, where the tracker takes many ids at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from integrations.providers.base import (
    AsksMany,
    Found,
    Gone,
    Provider,
    ProviderResponseError,
)
from issues.sync.asking import Doubt

AT_ONCE = 100

Answer = Found | Gone


def with_answers(
    provider: Provider, doubts: Iterable[Doubt]
) -> Iterator[tuple[Doubt, Answer | None]]:
    """Each with what its provider says of it; None: to be asked for by itself."""
    waiting = iter(doubts)
    while some := list(islice(waiting, AT_ONCE)):
        answers = _ask(provider, some)
        for doubt in some:
            yield doubt, answers.get(doubt.ref.source_issue_id)


def _ask(provider: Provider, some: Sequence[Doubt]) -> Mapping[str, Answer]:
    if not isinstance(provider, AsksMany):
        return {}
    try:
        return provider.fetch_many([doubt.ref for doubt in some])
    except ProviderResponseError:
        return {}  # one that cannot be read: asked for alone, it takes no others along
