"""Task statistics: counted in a worker's child processes, stored in the database.

`counting` handles Celery's signals and collects in memory (`buffer`); `writing` stores into
`TaskTally` and `FailedTask`, a few statements every ten seconds; `lost_tasks` reports killed
children from the main process; `reading` holds the queries.
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
