"""Full-text search over title and body, for PostgreSQL and SQLite.

A query has words (all must match), "phrases", -excluded words and OR. It is parsed here and rebuilt
for the database from letters and digits only, so user text is never a syntax error or an operator.
Words are letters and digits on both databases; any other character separates. (PostgreSQL's own
parser treats `foo.bar`, `a/b` and `java.lang.Error` as one word each, so `Error` would find none of
them, and it costs four times the rest of an INSERT.)

PostgreSQL stores an issue's distinct words in the column `search_terms`, which every writer of
issues must update (`terms`, `index_issues`). SQLite maintains an FTS5 table with triggers.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func
from django.db.models.sql.compiler import SQLCompiler

from diip.common.errors import InvalidInput
from issues.models import IssueQuerySet
from issues.store.search_index import MAX_WORD, WORD
from projects.models import Project

MAX_QUERY_TERMS = 32
MAX_PHRASES = 4
"""Limit because each phrase reads the text of all issues with its words (PostgreSQL)."""
RANKED = 300
"""Newest matches considered when ordering by relevance."""
MIN_PREFIX = 3

_TERM = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_INFLECTED = re.compile(r"([^\W\d_]{4,}?)(?:ies|es|s|ed|ing)")
_KEY = re.compile(r"#\d+|[A-Za-z][A-Za-z0-9_]*-\d+")


# --- the query -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """Adjacent words; a single word also matches as prefix (`crash` finds `crashes`)."""

    words: tuple[str, ...]
    is_prefix: bool = False
    excluded: bool = False

    @classmethod
    def of(cls, text: str, *, is_phrase: bool, excluded: bool) -> "Term":
        words = tuple(WORD.findall(text.lower()))
        if is_phrase or len(words) != 1:
            return cls(words, excluded=excluded)
        inflected = _INFLECTED.fullmatch(words[0])
        word = (inflected[1] if inflected else words[0])[:MAX_WORD]
        return cls((word,), is_prefix=len(word) >= MIN_PREFIX, excluded=excluded)

    @property
    def is_phrase(self) -> bool:
        """Return True if its words alone do not prove a match."""
        return len(self.words) > 1 or len(self.words[0]) > MAX_WORD


Group = tuple[Term, ...]
Query = tuple[Group, ...]
"""Alternatives; all terms of one group must match."""


def parse(text: str) -> Query:
    groups: list[list[Term]] = [[]]
    for match in _TERM.finditer(text):
        if match["word"] and match["word"].upper() == "OR" and not match["minus"]:
            groups.append([])
            continue
        term = Term.of(
            match["word"] or match["phrase"] or "",
            is_phrase=match["word"] is None,
            excluded=bool(match["minus"]),
        )
        if term.words:
            groups[-1].append(term)
    query = tuple(tuple(group) for group in groups if group)
    _check(query)
    return query


def _check(query: Query) -> None:
    if not query or any(all(term.excluded for term in group) for group in query):
        raise InvalidInput(
            "q: give at least one word to search for (besides those excluded with -)", field="q"
        )
    if sum(map(len, query)) > MAX_QUERY_TERMS:
        raise InvalidInput(f"q: at most {MAX_QUERY_TERMS} words", field="q")
    if sum(term.is_phrase for group in query for term in group) > MAX_PHRASES:
        raise InvalidInput(
            f'q: at most {MAX_PHRASES} phrases ("in quotes", or joined as in a.b or a/b); '
            "search for the others as single words",
            field="q",
        )


def to_fts5(query: Query) -> str:
    """Build an FTS5 query: quoted letters and digits, joined by operators."""
    return " OR ".join(f"({_to_fts5_group(group)})" for group in query)


def _to_fts5_group(group: Group) -> str:
    wanted = " AND ".join(_quoted(term) for term in group if not term.excluded)
    return " NOT ".join([f"({wanted})", *(_quoted(term) for term in group if term.excluded)])


def _quoted(term: Term) -> str:
    return f'"{" ".join(term.words)}"{" *" * term.is_prefix}'


def to_postgresql(query: Query, table: str) -> tuple[str, tuple[str, ...]]:
    """Build a condition on the rows of `table`, with its parameters."""
    groups = [" AND ".join(_condition(term, table) for term in group) for group in query]
    parameters = (text for group in query for term in group for text in _parameters(term))
    return f"(({') OR ('.join(groups)}))", tuple(parameters)


def _condition(term: Term, table: str) -> str:
    found = f"{table}.search_terms @@ %s::tsquery"
    if term.is_phrase:
        # Words are stored without positions, so matching rows are checked against the text. CASE,
        # because the planner assumes that almost no text matches and would read far too many rows
        # from the word index instead of the newest issues.
        found += f" AND CASE WHEN {table}.title ~* %s THEN TRUE ELSE {table}.body ~* %s END"
    return f"NOT ({found})" if term.excluded else found


def _parameters(term: Term) -> Iterator[str]:
    ending = ":*" if term.is_prefix else ""
    yield " & ".join(f"'{word[:MAX_WORD]}'{ending}" for word in term.words)
    if term.is_phrase:
        yield from [f"(^|{_GAP}){f'{_GAP}+'.join(term.words)}({_GAP}|$)"] * 2


_GAP = "[^[:alnum:]]"


# --- asking --------------------------------------------------------------------------------------


def matching(issues: IssueQuerySet, project: Project, text: str) -> IssueQuerySet:
    """Filter `issues` by `text`; a key (`#45`, `ABC-12`) also finds its issue."""
    found = issues.filter(_Matches(text))
    if not _KEY.fullmatch(text.strip()):
        return found
    by_key = issues.with_keys(project, [text.strip(), text.strip().upper()])
    return issues.filter(pk__in=by_key.values("pk").union(found.values("pk")))


def by_relevance(found: IssueQuerySet, text: str) -> list[int]:
    """Return ids of the newest matches, those with most words in the title first."""
    wanted = {term for group in parse(text) for term in group if not term.excluded}
    newest = found.order_by("-opened_at", "-id").values_list("pk", "title")[:RANKED]
    ranked = sorted(newest, key=lambda row: _title_hits(wanted, row[1]), reverse=True)
    return [pk for pk, _ in ranked]


def _title_hits(wanted: Collection[Term], title: str) -> int:
    present = set(WORD.findall(title.lower()))
    hits = 0
    for term in wanted:
        if term.is_prefix:
            hits += any(word.startswith(term.words[0]) for word in present)
        else:
            hits += len(present.intersection(term.words))
    return hits


class _Matches(Func):
    """Condition that matches the search index of an issue against a query."""

    output_field = BooleanField()

    def __init__(self, text: str) -> None:
        super().__init__(F("id"))
        self.query = parse(text)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[str, ...]]:
        (column,) = self.get_source_expressions()
        return to_postgresql(self.query, compiler.quote_name_unless_alias(column.alias))

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[str, ...]]:
        (column,) = self.get_source_expressions()
        row_id, _ = compiler.compile(column)
        found = "SELECT rowid FROM issue_search WHERE issue_search MATCH %s"
        return f"{row_id} IN ({found})", (to_fts5(self.query),)
