"""A worker that can be told to connect to the database in its main process: it must refuse."""

from typing import Any

from celery.worker.control import inspect_command
from django.db import connection


@inspect_command()
def connect_to_database(state: Any) -> str:
    try:
        connection.ensure_connection()
    except RuntimeError as refusal:
        return type(refusal).__name__
    return "connected"
