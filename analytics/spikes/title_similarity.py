"""Similarity of titles by their words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]{3,}")
_NUMBER = re.compile(r"\d+")
_SIMILARITY = 0.6
"""Smallest share of common words (Jaccard index) of two similar titles."""
_STOP_WORDS = frozenset(
    ("and", "are", "but", "can", "cannot", "does", "doesn", "don", "for", "from", "has", "have",
     "how", "into", "isn", "its", "not", "the", "that", "then", "there", "this", "too", "was",
     "what", "when", "where", "which", "while", "will", "with", "without", "you", "your")
)  # fmt: skip


def words_of(title: str) -> frozenset[str]:
    """Return the words of a title, without numbers and stop words.

    Numbers distinguish occurrences of a problem, not kinds of problems.
    """
    return frozenset(_WORD.findall(_NUMBER.sub(" ", title.casefold()))) - _STOP_WORDS


def is_similar(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return False
    common = len(one & other)
    return common >= _SIMILARITY * (len(one) + len(other) - common)


@dataclass(frozen=True)
class Cluster:
    words: frozenset[str]
    members: tuple[int, ...]
    """Positions of the titles, ascending."""


def cluster_titles(titles: Iterable[frozenset[str]]) -> list[Cluster]:
    """Group similar titles: each joins the first cluster it is similar to.

    Returns clusters of at least two titles, largest first.
    """
    leaders: list[tuple[frozenset[str], list[int]]] = []
    for position, words in enumerate(titles):
        members = next((found for leader, found in leaders if is_similar(leader, words)), None)
        if members is None:
            leaders.append((words, [position]))
        else:
            members.append(position)
    clusters = [Cluster(words, tuple(found)) for words, found in leaders if len(found) > 1]
    return sorted(clusters, key=lambda cluster: -len(cluster.members))


def count_similar(words: frozenset[str], titles: Sequence[frozenset[str]]) -> int:
    return sum(is_similar(words, title) for title in titles)
