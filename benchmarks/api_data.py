"""Data of the API benchmark: a million issues, generated in PostgreSQL within minutes."""

import random
from dataclasses import dataclass

import psycopg

WORDS = 6_000
PARAGRAPHS = 2_000
WORDS_A_PARAGRAPH = 31
"""Words per paragraph; two paragraphs are about 580 bytes."""
LOAD_SEED = 11

RARE, MID, COMMON = "zebrafish", "quokka", "walrus"
"""Search words, planted in one of 16,667, of 125 and of 7 issues."""


@dataclass(frozen=True, kw_only=True)
class Size:
    issues: int
    projects: int
    big: int
    """Issues of an additional, last project."""

    @property
    def each(self) -> int:
        return self.issues // self.projects

    @property
    def total(self) -> int:
        return self.each * self.projects + self.big


def _vocabulary(rng: random.Random) -> list[str]:
    syllables = ["con", "fig", "re", "load", "time", "out", "pars", "er", "node", "ing", "cache"]
    return ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(WORDS)]


def _paragraphs() -> list[str]:
    rng = random.Random(LOAD_SEED)  # noqa: S311 - repeatable text
    words = _vocabulary(rng)
    weights = [1 / (rank + 3) for rank in range(WORDS)]
    return [" ".join(rng.choices(words, weights, k=WORDS_A_PARAGRAPH)) for _ in range(PARAGRAPHS)]


PROJECTS_SQL = """
INSERT INTO projects_project (id, name, repo_identifier, created_at, updated_at)
    SELECT p, 'Project ' || p, 'acme/p' || p, now(), now() FROM generate_series(1, %(projects)s) p;
INSERT INTO projects_membership (project_id, user_id, role, created_at, updated_at)
    SELECT p, %(user)s, 'viewer', now(), now() FROM generate_series(1, %(projects)s) p;
INSERT INTO issues_person (id, project_id, provider, origin, source_person_id, login,
                           display_name, url, is_bot, created_at, updated_at)
    SELECT p * 100 + n, p, 'github', 'github.com', p * 100 + n, 'dev' || n, 'Developer ' || n,
           'https://github.com/dev' || n, n = 0, now(), now()
    FROM generate_series(1, %(projects)s) p, generate_series(0, 49) n;
INSERT INTO issues_label (id, integration_id, name, colour)
    SELECT p * 100 + n, p, 'label-' || n, 'd73a4a'
    FROM generate_series(1, %(projects)s) p, generate_series(0, 19) n;
"""

ISSUES_SQL = """
INSERT INTO issues_issue (
    id, project_id, integration_id, provider, source_issue_id, key, url, title, body, status,
    source_status, outcome, type, priority, author_id, comment_count, opened_at, closed_at,
    source_updated_at, removed_reason, content_hash, created_at, updated_at, search_terms)
SELECT n, p, p, 'github', n, '#' || n, 'https://github.com/acme/p' || p || '/issues/' || n,
    title, body,
    CASE WHEN n %% 3 = 0 THEN 'todo' ELSE 'done' END, CASE WHEN n %% 3 = 0 THEN 'open'
    ELSE 'closed' END, CASE WHEN n %% 3 = 0 THEN NULL ELSE 'delivered' END, 'bug', '',
    p * 100 + n %% 50, n %% 9, opened, CASE WHEN n %% 3 = 0 THEN NULL ELSE opened + '3 days' END,
    opened + '4 days', '', md5(n::text), now(), now(),
    array_to_tsvector(string_to_array(title || ' ' || body, ' '))
FROM (
    SELECT n, least((n - 1) / %(each)s + 1, %(projects)s) AS p,
           timestamptz '2020-01-01' + n * interval '97 seconds' AS opened
    FROM generate_series(%(first)s::bigint, %(last)s) n
) issue,
LATERAL (SELECT %(paragraphs)s::text[] AS list) pool,
LATERAL (SELECT list[1 + (n * 7919) %% %(pool)s] AS a, list[1 + (n * 104729 / 3) %% %(pool)s] AS b)
    text,
LATERAL (SELECT
    rtrim(left(text.a, 60)) || CASE WHEN n %% 16667 = 0 THEN ' zebrafish' ELSE '' END AS title,
    text.a || CASE WHEN n %% 125 = 0 THEN ' quokka ' ELSE ' ' END || text.b
           || CASE WHEN n %% 7 = 0 THEN ' walrus' ELSE '' END AS body) words
"""

LINKS_SQL = """
INSERT INTO issues_issuelabel (issue_id, label_id)
    SELECT id, project_id * 100 + (id + k * 7) %% 20
    FROM issues_issue, generate_series(0, 1) k WHERE id BETWEEN %(first)s AND %(last)s;
INSERT INTO issues_issueassignee (issue_id, person_id)
    SELECT id, project_id * 100 + (id * 13) %% 50
    FROM issues_issue WHERE id BETWEEN %(first)s AND %(last)s AND id %% 2 = 0;
"""

TABLES = (
    "issues_issue",
    "issues_issuelabel",
    "issues_issueassignee",
    "issues_person",
    "issues_label",
)
BATCH = 100_000


def _add_integrations(database: psycopg.Connection, projects: int) -> None:
    from integrations.models import Integration  # noqa: PLC0415 - after django.setup

    Integration.objects.bulk_create(
        [
            Integration(id=project, project_id=project, provider="github", scope=f"acme/p{project}")
            for project in range(1, projects + 1)
        ]
    )


def _drop_search_index(database: psycopg.Connection) -> str:
    found = database.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'issue_search'")
    database.execute("DROP INDEX issue_search")
    return str(found.fetchone()[0])  # type: ignore[index]


def fill(database: psycopg.Connection, size: Size, user_id: int) -> None:
    """Load all rows without the search index and build it afterwards, in half the time."""
    projects = size.projects + 1
    values: dict[str, object] = {
        "projects": projects,
        "user": user_id,
        "each": size.each,
        "pool": PARAGRAPHS,
    }
    values |= {"paragraphs": _paragraphs()}
    index = _drop_search_index(database)
    projects_sql, labels_sql = PROJECTS_SQL.split("INSERT INTO issues_label", 1)
    _each(database, projects_sql, values)
    _add_integrations(database, projects)
    _each(database, "INSERT INTO issues_label" + labels_sql, values)
    for first in range(1, size.total + 1, BATCH):
        span: dict[str, object] = {"first": first, "last": min(first + BATCH - 1, size.total)}
        _each(database, ISSUES_SQL + ";" + LINKS_SQL, values | span)
    database.execute("SET maintenance_work_mem = '256MB'")
    database.execute(index)
    for table in TABLES:
        database.execute(f"VACUUM ANALYZE {table}")


def _each(database: psycopg.Connection, script: str, values: dict[str, object]) -> None:
    for statement in filter(str.strip, script.split(";")):
        database.execute(statement, values)
