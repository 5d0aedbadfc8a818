"""Baseline of the API benchmark: psycopg, dictionaries and msgspec only."""

from collections.abc import Mapping

import msgspec
import psycopg
from psycopg.rows import dict_row

_ROWS = """
SELECT i.id, i.project_id, i.provider, i.source_issue_id, i.key, i.url, i.title, i.body, i.status,
    i.source_status, i.outcome, i.type, i.priority,
    (SELECT json_build_object('id', p.id, 'login', p.login, 'display_name', p.display_name,
                              'is_bot', p.is_bot) FROM issues_person p WHERE p.id = i.author_id)
        AS author,
    (SELECT json_agg(json_build_object('id', p.id, 'login', p.login, 'display_name',
                                       p.display_name, 'is_bot', p.is_bot))
        FROM issues_issueassignee x JOIN issues_person p ON p.id = x.person_id
        WHERE x.issue_id = i.id) AS assignees,
    (SELECT json_agg(l.name) FROM issues_issuelabel x JOIN issues_label l ON l.id = x.label_id
        WHERE x.issue_id = i.id) AS labels,
    i.comment_count, i.opened_at, i.closed_at, i.source_updated_at, i.first_response_at,
    i.removed_at, i.removed_reason
FROM issues_issue i WHERE
"""
_NEWEST = "i.removed_at IS NULL ORDER BY i.opened_at DESC, i.id DESC LIMIT 50"
FIRST_PAGE = f"{_ROWS} i.project_id = %(project)s AND {_NEWEST}"
DETAIL = f"{_ROWS} i.project_id = %(project)s AND i.id = %(issue)s"
SEARCH = f"""{_ROWS} i.project_id = %(project)s
    AND i.search_terms @@ %(words)s::tsquery AND {_NEWEST}"""
RAW_SEARCH = """
SELECT id, key, url, title, body, status, source_status, author_id, comment_count,
    opened_at, closed_at
FROM issues_issue WHERE search_terms @@ %(words)s::tsquery
ORDER BY opened_at DESC LIMIT 50"""


class Floor:
    def __init__(self, url: str) -> None:
        # No prepared statements: Django has none either, because of connection poolers.
        self.database = psycopg.connect(
            url, autocommit=True, row_factory=dict_row, prepare_threshold=None
        )
        self.backend = self.database.info.backend_pid

    def ask(self, statement: str, values: Mapping[str, object]) -> bytes:
        found = self.database.execute(statement, values).fetchall()
        return msgspec.json.encode(found)
