"""Migrate an empty database to the recorded migrations and no further.

python -m tests.upgrade.migrate_back

In one process: `manage.py migrate <app> <name>` would be one for each app.
"""

import sys

import django
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.upgrade import FILE
from tests.upgrade.tables import load


def main() -> None:
    django.setup()
    recorded = set(load(FILE.read_text()).migrations)
    executor = MigrationExecutor(connection)
    if executor.recorder.applied_migrations():
        sys.exit("The database must be empty.")
    nodes = executor.loader.graph.node_map
    if gone := recorded - nodes.keys():
        sys.exit(f"These recorded migrations are gone; record again: {sorted(gone)}")
    # The last ones only: a target that another brought along would be migrated back to.
    last = {
        name
        for name in recorded
        if not any(child.key in recorded for child in nodes[name].children)
    }
    executor.migrate(sorted(last))
    if applied := set(executor.recorder.applied_migrations()) ^ recorded:
        sys.exit(f"Recorded and applied migrations differ: {sorted(applied)}")


if __name__ == "__main__":
    main()
