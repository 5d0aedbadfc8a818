"""Full-text search over title and body: one interface, two dialects.

A query has words (all of them), "phrases", -excluded words and OR. It is parsed here and written
anew for the database, so that no text a user sends is ever a syntax error or an operator.
PostgreSQL asks a generated `tsvector` through GIN, SQLite an FTS5 table that triggers keep; both
are made by migration 0002, stem English words, and see a row as soon as it is committed.
On PostgreSQL a body is found by its first 100,000 characters, and a query of nothing but stop
words ("the", "and") finds nothing.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, FloatField, Func, Value
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler

from diip.common.errors import InvalidInput
from issues.models import Issue, IssueQuerySet
from projects.models import Project

MAX_QUERY_TERMS = 32
RANKED = 300
"""Ordering by relevance looks at the newest so many matches: ranking all costs up to six times."""

_TERM = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_WORD = re.compile(r"[^\W_]+")
_KEY = re.compile(r"#\d+|[A-Za-z][A-Za-z0-9_]*-\d+")


# --- the query ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """A word or a phrase."""

    text: str
    excluded: bool = False

    @property
    def words(self) -> list[str]:
        return _WORD.findall(self.text)


Query = tuple[tuple[Term, ...], ...]
"""Any of the groups; of a group all terms."""


def parse(text: str) -> Query:
    groups: list[list[Term]] = [[]]
    for match in _TERM.finditer(text):
        if match["word"] and match["word"].upper() == "OR" and not match["minus"]:
            groups.append([])
            continue
        term = Term(match["word"] or match["phrase"] or "", bool(match["minus"]))
        if term.words:
            groups[-1].append(term)
    query = tuple(tuple(group) for group in groups if group)
    _check(query)
    return query


def _check(query: Query) -> None:
    if not query or any(all(term.excluded for term in group) for group in query):
        raise InvalidInput(
            "q: name at least one word to look for (beside those excluded with -)", field="q"
        )
    if sum(map(len, query)) > MAX_QUERY_TERMS:
        raise InvalidInput(f"q: at most {MAX_QUERY_TERMS} words", field="q")


def to_websearch(query: Query) -> str:
    """For PostgreSQL's `websearch_to_tsquery`, which splits words just as it did the document's."""
    return " or ".join(
        " ".join(f'{"-" * term.excluded}"{term.text}"' for term in group) for group in query
    )


def to_fts5(query: Query) -> str:
    """For SQLite: quoted strings of letters and digits only, joined by its operators."""
    return " OR ".join(f"({_to_fts5_group(group)})" for group in query)


def _to_fts5_group(group: tuple[Term, ...]) -> str:
    wanted = " AND ".join(_quoted(term) for term in group if not term.excluded)
    return " NOT ".join([f"({wanted})", *(_quoted(term) for term in group if term.excluded)])


def _quoted(term: Term) -> str:
    return f'"{" ".join(term.words)}"'


# --- asking ------------------------------------------------------------------------------------


def matching(issues: IssueQuerySet, project: Project, text: str) -> IssueQuerySet:
    """Those of `issues` that `text` finds; a key (`#45`, `ABC-12`) finds its issue too."""
    found = issues.filter(_Matches(text))
    if not _KEY.fullmatch(text.strip()):
        return found
    by_key = issues.with_keys(project, [text.strip(), text.strip().upper()])
    return issues.filter(pk__in=by_key.values("pk").union(found.values("pk")))


def by_relevance(found: IssueQuerySet, text: str) -> IssueQuerySet:
    """The newest matches, the best of them first: a hit in the title weighs most."""
    newest = found.order_by("-opened_at", "-id").values("pk")[:RANKED]
    rank = Coalesce(_Rank(text), Value(0.0))
    return Issue.objects.filter(pk__in=newest).order_by(rank.desc(), "-opened_at", "-id")


class _SearchFunc(Func):
    """Compares the search index of an issue's row with a query."""

    postgresql: str
    sqlite: str

    def __init__(self, text: str) -> None:
        super().__init__(F("id"))
        self.query = parse(text)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[str, ...]]:
        (column,) = self.get_source_expressions()
        table = compiler.quote_name_unless_alias(column.alias)
        return self.postgresql.format(table=table), (to_websearch(self.query),)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[str, ...]]:
        (column,) = self.get_source_expressions()
        row_id, _ = compiler.compile(column)
        return self.sqlite.format(id=row_id), (to_fts5(self.query),)


class _Matches(_SearchFunc):
    output_field = BooleanField()
    postgresql = "{table}.search @@ websearch_to_tsquery('english', %s)"
    sqlite = "{id} IN (SELECT rowid FROM issue_search WHERE issue_search MATCH %s)"


class _Rank(_SearchFunc):
    output_field = FloatField()
    postgresql = "ts_rank({table}.search, websearch_to_tsquery('english', %s))"
    # bm25 is the smaller the better; the weights are those of PostgreSQL's A (1.0) and B (0.4).
    sqlite = """(SELECT -bm25(issue_search, 1.0, 0.4) FROM issue_search
                 WHERE issue_search MATCH %s AND rowid = {id})"""
