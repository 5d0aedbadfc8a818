"""Full-text index of issues, used by `issues.queries.search`.

Not part of Django's state, so that both databases have the same models.
SQLite: a later migration that alters `issues_issue` makes Django rebuild the table, which drops the
triggers; that migration must create them again (the search tests fail until then).
"""

from django.db import migrations

POSTGRESQL = [
    # Every writer of issues must update it; `issues.queries.search` defines words.
    "ALTER TABLE issues_issue ADD COLUMN search_terms tsvector",
    "CREATE INDEX issue_search ON issues_issue USING gin (search_terms)",
    # Rare words are found fast by the word index, common ones by the project's newest issues. The
    # planner needs statistics on enough words to choose: with the default of 100, a rare word in a
    # project of 200,000 issues took 16 ms, with 500 it takes 0.1 ms.
    "ALTER TABLE issues_issue ALTER COLUMN search_terms SET STATISTICS 500",
]
POSTGRESQL_BACK = ["ALTER TABLE issues_issue DROP COLUMN search_terms"]

ADD = "INSERT INTO issue_search (rowid, title, body) VALUES (new.id, new.title, new.body)"
DROP = """INSERT INTO issue_search (issue_search, rowid, title, body)
          VALUES ('delete', old.id, old.title, old.body)"""
SQLITE = [
    # Words as in `issues.queries.search`: letters and digits.
    """
    CREATE VIRTUAL TABLE issue_search USING fts5 (
        title, body,
        content='issues_issue', content_rowid='id',
        tokenize="unicode61 remove_diacritics 0 categories 'L* N*'"
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
