"""Data of the analytics benchmark: issue histories of three years, generated in PostgreSQL."""

from dataclasses import dataclass
from datetime import datetime

import psycopg

DAYS = 1095
LABELS = 20
SEED = 0.42

STORIES_SQL = """
CREATE TEMP TABLE story AS
SELECT *, (n * 37) %% 100 < 6 AND first_closed_at < %(now)s - interval '15 days' AS is_reopened
FROM (
    SELECT n, opened_at,
        opened_at + interval '1 minute' * ceil(life * 0.3) AS started_at,
        CASE WHEN n %% 2 = 0 THEN opened_at + interval '1 minute' * ceil(life * 0.8) END
            AS reviewed_at,
        opened_at + interval '1 minute' * ceil(life) AS first_closed_at,
        opened_at + interval '1 second' * ceil(1 - 90000 * ln(1 - random())) AS response_at
    FROM (
        SELECT n, 10 + 4000 * exp(1.6 * sqrt(-2 * ln(1 - random())) * cos(6.2832 * random()))
                AS life,
            date_trunc('second', %(now)s::timestamptz - interval '1 day'
                - (%(issues)s - n) * (interval '1095 days' / %(issues)s)) AS opened_at
        FROM generate_series(1, %(issues)s) n
    ) lives
) moments;
ALTER TABLE story ADD closed_at timestamptz;
UPDATE story SET closed_at = first_closed_at
    + CASE WHEN is_reopened THEN interval '9 days' ELSE interval '0' END
WHERE first_closed_at < %(now)s AND n %% 100 >= 27;
"""
"""Issue lifetimes: median three days, from minutes to months; 27 % stay open."""

ISSUES_SQL = """
INSERT INTO issues_issue (
    id, project_id, integration_id, provider, source_issue_id, key, url, title, body, status,
    source_status, outcome, type, priority, opened_at, closed_at, first_response_at,
    source_updated_at, removed_reason, content_hash, created_at, updated_at)
SELECT %(before)s + n, %(project)s, %(integration)s, 'jira', n, 'K-' || n, '', 'Issue ' || n,
    repeat(md5(n::text), 10),
    CASE WHEN closed_at IS NOT NULL THEN 'done' WHEN n %% 3 = 0 THEN 'in_progress' ELSE 'todo' END,
    CASE WHEN closed_at IS NOT NULL THEN 'Closed' WHEN n %% 3 = 0 THEN 'Doing' ELSE 'Open' END,
    CASE WHEN closed_at IS NOT NULL
        THEN CASE WHEN n %% 11 = 0 THEN 'not_planned' ELSE 'delivered' END END,
    'Bug', '', opened_at, closed_at,
    CASE WHEN n %% 4 > 0 AND response_at < %(now)s THEN response_at END,
    coalesce(closed_at, opened_at), '', md5(n::text), now(), now()
FROM story;
"""

TRANSITIONS_SQL = """
INSERT INTO issues_transition (
    issue_id, source_event_id, field, from_value, to_value, occurred_at, created_at)
SELECT %(before)s + n, event, 'status', before, after, occurred_at, now()
FROM story, LATERAL (VALUES
    ('start', 'Open', 'Doing', started_at, closed_at IS NOT NULL),
    ('begin', 'Open', 'Doing', opened_at + interval '1 minute',
        closed_at IS NULL AND n %% 3 = 0),
    ('review', 'Doing', 'Review', reviewed_at, closed_at IS NOT NULL),
    ('close', CASE WHEN reviewed_at IS NULL THEN 'Doing' ELSE 'Review' END, 'Closed',
        first_closed_at, closed_at IS NOT NULL),
    ('reopen', 'Closed', 'Doing', first_closed_at + interval '7 days',
        closed_at IS NOT NULL AND is_reopened),
    ('end', 'Doing', 'Closed', closed_at, closed_at IS NOT NULL AND is_reopened)
) changes (event, before, after, occurred_at, happened)
WHERE happened AND occurred_at IS NOT NULL;
"""

LABELS_SQL = """
INSERT INTO issues_label (integration_id, kind, name, colour)
    SELECT %(integration)s, 'label', 'label-' || each, 'd73a4a'
    FROM generate_series(1, %(labels)s) each;
INSERT INTO issues_issuelabel (issue_id, label_id)
    SELECT %(before)s + n, label.id FROM story
    JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM issues_label
          WHERE integration_id = %(integration)s) label ON label.place = (n * 7) %% %(labels)s;
DROP TABLE story;
"""

CHANGE_SQL = """
CREATE TEMP TABLE kept AS
    SELECT id, status, source_status, outcome, closed_at, source_updated_at
    FROM issues_issue WHERE id = ANY(%(ids)s);
INSERT INTO issues_transition (
    issue_id, source_event_id, field, from_value, to_value, occurred_at, created_at)
SELECT id, 'change', 'status', source_status,
    CASE WHEN status = 'done' THEN 'Doing' ELSE 'Closed' END, %(now)s, now()
FROM kept;
UPDATE issues_issue SET source_updated_at = %(now)s,
    status = CASE WHEN status = 'done' THEN 'in_progress' ELSE 'done' END,
    source_status = CASE WHEN status = 'done' THEN 'Doing' ELSE 'Closed' END,
    outcome = CASE WHEN status = 'done' THEN NULL ELSE 'delivered' END,
    closed_at = CASE WHEN status = 'done' THEN NULL ELSE %(now)s END
WHERE id = ANY(%(ids)s);
"""
"""SQL that closes open issues and reopens closed ones."""

UNDO_SQL = """
DELETE FROM issues_transition
    WHERE issue_id IN (SELECT id FROM kept) AND source_event_id = 'change';
UPDATE issues_issue AS issue SET status = kept.status, source_status = kept.source_status,
    outcome = kept.outcome, closed_at = kept.closed_at, source_updated_at = kept.source_updated_at
FROM kept WHERE issue.id = kept.id;
DROP TABLE kept;
"""
WORDS = {"Open": "todo", "Doing": "in_progress", "Review": "in_progress", "Closed": "done"}


@dataclass(frozen=True)
class Made:
    """Project whose issues have the ids after `before`, ordered by opening time."""

    project: int
    before: int
    issues: int
    now: datetime

    def opened_within(self, days: int) -> range:
        """Return the ids of issues opened within the last `days`."""
        last = self.before + self.issues
        return range(last - self.issues * days // DAYS + 1, last + 1)


def make_project(database: psycopg.Connection, user_id: int, issues: int, now: datetime) -> Made:
    from integrations.models import Integration  # noqa: PLC0415 - after django.setup
    from issues.models import StatusClass  # noqa: PLC0415
    from projects.models import Membership, Project  # noqa: PLC0415

    project = Project.objects.create(name=f"{issues:,} issues")
    Membership.objects.create(project=project, user_id=user_id, role="viewer")
    integration = Integration.objects.create(project=project, provider="jira", scope=str(issues))
    StatusClass.objects.bulk_create(
        StatusClass(integration=integration, source_status=word, provider_status=status)
        for word, status in WORDS.items()
    )
    before = database.execute("SELECT coalesce(max(id), 0) FROM issues_issue").fetchone()
    made = Made(project.pk, int(before[0]) if before else 0, issues, now)
    _tell_stories(database, made, integration.pk)
    return made


def _tell_stories(database: psycopg.Connection, made: Made, integration: int) -> None:
    values = {
        "project": made.project,
        "integration": integration,
        "before": made.before,
        "issues": made.issues,
        "now": made.now,
        "labels": LABELS,
    }
    database.execute("SELECT setseed(%s)", [SEED])
    for script in (STORIES_SQL, ISSUES_SQL, TRANSITIONS_SQL, LABELS_SQL):
        _each(database, script, values)


def change(database: psycopg.Connection, made: Made, ids: list[int]) -> None:
    """Change issues as a sync would; `undo` restores the old state."""
    _each(database, CHANGE_SQL, {"ids": ids, "now": made.now})


def undo(database: psycopg.Connection) -> None:
    _each(database, UNDO_SQL, {})


def vacuum(database: psycopg.Connection) -> None:
    tables = ("issue", "transition", "issuelabel", "label")
    for table in (*(f"issues_{each}" for each in tables),
                  "analytics_issuefacts", "analytics_analyticssummary"):  # fmt: skip
        database.execute(f"VACUUM ANALYZE {table}")


def _each(database: psycopg.Connection, script: str, values: dict[str, object]) -> None:
    for statement in filter(str.strip, script.split(";")):
        database.execute(statement, values)
