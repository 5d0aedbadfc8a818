"""Where the records lie: in a list by itself, or in a list that an object holds."""

from typing import Any

Row = dict[str, Any]
_LISTS = ("issues", "values", "items", "comments", "issueChangeLogs")
_JIRA_NAMES = {
    "created_at": "created", "updated_at": "updated", "closed_at": "resolutiondate",
    "title": "summary", "body": "description", "state": "status",
}  # fmt: skip


def rows_of(content: Any) -> list[Any] | None:
    """The list itself: what is done to it is done to the reply. None: a record alone."""
    if isinstance(content, list):
        return content
    lists = [content.get(name) for name in _LISTS] if isinstance(content, dict) else []
    return next((rows for rows in lists if isinstance(rows, list)), None)


def place_of(row: Row, field: str) -> tuple[Row, str]:
    """Who holds the field, and under which name: Jira has most of an issue under `fields`."""
    fields = row.get("fields")
    if field in row or not isinstance(fields, dict):
        return row, field
    return fields, field if field in fields else _JIRA_NAMES.get(field, field)


def text_place(row: Row) -> tuple[Row, str]:
    """Some text of the record that people have written."""
    for field in ("title", "summary", "body", "event"):
        holder, name = place_of(row, field)
        if isinstance(holder.get(name), str):
            return holder, name
    return row, "title"
