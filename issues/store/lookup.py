"""Look-ups of rows by integration and a second indexed column."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Model

from issues.store.rows import aware

Place = tuple[int, str]
"""Integration id, and an issue id or key within it."""


@dataclass(frozen=True)
class Probe:
    """Look-up of the first row per pair; `Find` across integrations."""

    model: type[Model]
    columns: tuple[str, ...]
    by: str
    order: str = "r.id"
    """Sort order that picks the first of several rows."""

    def rows(self, places: Collection[Place]) -> dict[Place, tuple[Any, ...]]:
        if not places:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(self._statement, [json.dumps([list(place) for place in places])])
            found: dict[Place, tuple[Any, ...]] = {}
            for integration_id, value, *columns in cursor.fetchall():
                found.setdefault((integration_id, value), tuple(map(aware, columns)))
            return found

    @cached_property
    def _statement(self) -> str:
        return self._for_postgresql if connection.vendor == "postgresql" else self._for_sqlite

    @property
    def _for_postgresql(self) -> str:
        # S608: names come from the models and this package, values are parameters.
        return (
            "SELECT wanted.home, wanted.value, found.* FROM ("  # noqa: S608
            " SELECT (place ->> 0)::bigint AS home, place ->> 1 AS value"
            " FROM json_array_elements(%s::json) AS given (place)) AS wanted, LATERAL ("
            f"SELECT {self._columns} FROM {self._table} r WHERE r.integration_id = wanted.home"
            f" AND r.{self.by} = wanted.value ORDER BY {self.order} LIMIT 1) AS found"
        )

    @property
    def _for_sqlite(self) -> str:
        return (
            "SELECT json_extract(wanted.value, '$[0]'), json_extract(wanted.value, '$[1]'),"  # noqa: S608
            f" {self._columns} FROM json_each(%s) AS wanted CROSS JOIN {self._table} r"
            " ON r.integration_id = json_extract(wanted.value, '$[0]')"
            f" AND r.{self.by} = json_extract(wanted.value, '$[1]') ORDER BY {self.order}"
        )

    @property
    def _columns(self) -> str:
        return ", ".join(f"r.{column}" for column in self.columns)

    @property
    def _table(self) -> str:
        return self.model._meta.db_table
