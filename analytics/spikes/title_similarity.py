"""Words of titles, and titles that are nearly the same."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]{3,}")
_NUMBER = re.compile(r"\d+")
_ALIKE = 0.6
"""Share of common words among all words of two titles, from which on they are alike."""
_DULL = frozenset(
    ("and", "are", "but", "can", "cannot", "does", "doesn", "don", "for", "from", "has", "have",
     "how", "into", "isn", "its", "not", "the", "that", "then", "there", "this", "too", "was",
     "what", "when", "where", "which", "while", "will", "with", "without", "you", "your")
)  # fmt: skip


def words_of(title: str) -> frozenset[str]:
    """Without numbers (they tell occurrences apart, not kinds) and words that say nothing."""
    return frozenset(_WORD.findall(_NUMBER.sub(" ", title.casefold()))) - _DULL


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return False
    common = len(one & other)
    return common >= _ALIKE * (len(one) + len(other) - common)


@dataclass(frozen=True)
class Cluster:
    words: frozenset[str]
    members: tuple[int, ...]
    """Positions of the titles, in order."""


def cluster_titles(titles: Iterable[frozenset[str]]) -> list[Cluster]:
    """Each title joins the first it is like; largest first, those of one title left out."""
    leaders: list[tuple[frozenset[str], list[int]]] = []
    for position, words in enumerate(titles):
        members = next((found for leader, found in leaders if alike(leader, words)), None)
        if members is None:
            leaders.append((words, [position]))
        else:
            members.append(position)
    clusters = [Cluster(words, tuple(found)) for words, found in leaders if len(found) > 1]
    return sorted(clusters, key=lambda cluster: -len(cluster.members))


def count_alike(words: frozenset[str], titles: Sequence[frozenset[str]]) -> int:
    return sum(alike(words, title) for title in titles)
