"""What became of tasks: counted in the worker, written to the database, read from there.

`counting` hears Celery's signals and keeps what it heard in memory; `writing` puts it into
`TaskTally` and `FailedTask`, a few statements every ten seconds; `reading` answers questions.
"""

from monitoring.task_counts.reading import (
    MinuteTally,
    TaskFigures,
    failures_since,
    figures_by_task,
    minutes_by_queue,
    per_minute,
)
from monitoring.task_counts.writing import prune_task_records

__all__ = [
    "MinuteTally",
    "TaskFigures",
    "failures_since",
    "figures_by_task",
    "minutes_by_queue",
    "per_minute",
    "prune_task_records",
]
