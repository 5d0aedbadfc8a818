"""The full-text index of issues: what `issues.search` asks.

Outside Django's state, so that both databases have the same models.
SQLite: whoever alters `issues_issue` later makes Django rebuild that table, which drops the
triggers; create them again in that migration (the search tests fail until then).
"""

from django.db import migrations

# A tsvector holds at most 1 MB and an insert beyond that fails, hence the bounds: a longer text
# is found by its beginning.
POSTGRESQL = [
    """
    ALTER TABLE issues_issue ADD COLUMN search tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', left(title, 2000)), 'A')
        || setweight(to_tsvector('english', left(body, 100000)), 'B')
    ) STORED
    """,
    "CREATE INDEX issue_search ON issues_issue USING gin (search)",
    # A search is fast by the word's index where the word is rare, by the project's newest issues
    # where it is common. The planner can tell only if it knows enough words: with the default of
    # 100, a rare word in a project of 200,000 issues took 16 ms, with 500 it takes 0.1 ms.
    "ALTER TABLE issues_issue ALTER COLUMN search SET STATISTICS 500",
]
POSTGRESQL_BACK = ["ALTER TABLE issues_issue DROP COLUMN search"]

ADD = "INSERT INTO issue_search (rowid, title, body) VALUES (new.id, new.title, new.body)"
DROP = """INSERT INTO issue_search (issue_search, rowid, title, body)
          VALUES ('delete', old.id, old.title, old.body)"""
SQLITE = [
    """
    CREATE VIRTUAL TABLE issue_search USING fts5 (
        title, body,
        content='issues_issue', content_rowid='id', tokenize='porter unicode61'
    )
    """,
    f"CREATE TRIGGER issue_search_insert AFTER INSERT ON issues_issue BEGIN {ADD}; END",
    f"CREATE TRIGGER issue_search_delete AFTER DELETE ON issues_issue BEGIN {DROP}; END",
    f"""
    CREATE TRIGGER issue_search_update AFTER UPDATE OF title, body ON issues_issue
    WHEN old.title <> new.title OR old.body <> new.body BEGIN {DROP}; {ADD}; END
    """,
    "INSERT INTO issue_search (issue_search) VALUES ('rebuild')",
]
SQLITE_BACK = [
    "DROP TRIGGER issue_search_insert",
    "DROP TRIGGER issue_search_delete",
    "DROP TRIGGER issue_search_update",
    "DROP TABLE issue_search",
]
STATEMENTS = {
    "postgresql": (POSTGRESQL, POSTGRESQL_BACK),
    "sqlite": (SQLITE, SQLITE_BACK),
}


def create(apps, schema_editor):
    for statement in STATEMENTS[schema_editor.connection.vendor][0]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    for statement in STATEMENTS[schema_editor.connection.vendor][1]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("issues", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
