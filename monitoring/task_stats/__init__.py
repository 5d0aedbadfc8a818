"""What became of tasks: counted in the worker's children, written by them, read from the database.

`counting` hears Celery's signals and keeps what it heard in memory; `writing` puts it into
`TaskTally` and `FailedTask`, a few statements every ten seconds; `lost` is the
main process's part, which sends what it knows of killed children; `reading` answers questions.
"""

from monitoring.task_stats.reading import (
    MinuteTally,
    TaskFigures,
    failures_since,
    figures_by_task,
    minutes_by_queue,
    per_minute,
)
from monitoring.task_stats.writing import note_loss, prune_task_records

__all__ = [
    "MinuteTally",
    "TaskFigures",
    "failures_since",
    "figures_by_task",
    "minutes_by_queue",
    "note_loss",
    "per_minute",
    "prune_task_records",
]
