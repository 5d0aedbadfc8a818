"""Celery app and beat schedule. Beat only triggers checks; due work is in the database."""

import os

from celery import Celery, signals
from kombu import Queue

from diip.common.database.limits import Work, work_as
from diip.common.queues.names import ALERTS, ANALYTICS, INTERACTIVE, QUEUES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diip.settings")

VISIBILITY_TIMEOUT = 300
"""Seconds until a lost worker's message is redelivered; over twice the time limit."""

app = Celery("diip", task_cls="diip.common.queues.redelivery_guard:CountedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_soft_time_limit=90,
    task_time_limit=120,
    task_send_sent_event=False,
    worker_send_task_events=False,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=500,
    worker_soft_shutdown_timeout=20,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    # A publish to an unresponsive broker fails fast: the row is kept, and beat publishes again.
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        # Drop a connection whose answers were lost after 11 s; the default waits 51 s.
        "health_check_interval": 5,
        "retry_on_timeout": False,
        "queue_order_strategy": "diip.common.queues.queue_priority:MostUrgentFirst",
    },
    task_publish_retry=False,
    task_queues=[Queue(name) for name in QUEUES],
    task_default_queue=INTERACTIVE,
    # `issues.tasks.send_runs` routes each sync run by the length stored in its row.
    task_routes={
        "analytics.tasks.raise_alerts": {"queue": ALERTS},
        "analytics.tasks.deliver_*": {"queue": ALERTS},
        "analytics.tasks.*": {"queue": ANALYTICS},
        "issues.tasks.suggest_*": {"queue": ANALYTICS},
    },
    timezone="UTC",
    beat_schedule={
        "start-due-syncs": {
            "task": "issues.tasks.start_due_syncs",
            "schedule": 5.0,
            "options": {"expires": 5},
        },
        "resume-open-runs": {
            "task": "issues.tasks.resume_open_runs",
            "schedule": 5.0,
            "options": {"expires": 5},
        },
        "aggregate-changes": {
            "task": "analytics.tasks.aggregate_changes",
            "schedule": 10.0,
            "options": {"expires": 10},
        },
        "judge-changed-projects": {
            "task": "analytics.tasks.judge_changed_projects",
            "schedule": 120.0,
            "options": {"expires": 120},
        },
        "purge-removed": {
            "task": "integrations.tasks.purge_removed",
            "schedule": 30.0,
            "options": {"expires": 30},
        },
        "prune-raw-pages": {
            "task": "integrations.tasks.prune_raw_pages",
            "schedule": 300.0,
            "options": {"expires": 300},
        },
        "prune-logs": {
            "task": "integrations.tasks.prune_logs",
            "schedule": 300.0,
            "options": {"expires": 300},
        },
        "check-keys": {
            "task": "integrations.tasks.check_keys",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "prune-deliveries": {
            "task": "integrations.tasks.prune_deliveries",
            "schedule": 600.0,
            "options": {"expires": 600},
        },
        "settle-all-statuses": {
            "task": "issues.tasks.settle_all_statuses",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "review-changed-people": {
            "task": "issues.tasks.review_changed_people",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "suggest-person-matches": {
            "task": "issues.tasks.suggest_person_matches",
            "schedule": 86400.0,
            "options": {"expires": 3600},
        },
        "retry-failed-api": {
            "task": "issues.tasks.retry_failed_api",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "raise-alerts": {
            "task": "analytics.tasks.raise_alerts",
            "schedule": 30.0,
            "options": {"expires": 30},
        },
        "send-registration-mails": {
            "task": "accounts.tasks.send_registration_mails",
            "schedule": 5.0,
            "options": {"expires": 5},
        },
        "deliver-due-alerts": {
            "task": "analytics.tasks.deliver_due_alerts",
            "schedule": 10.0,
            "options": {"expires": 10},
        },
        "prune-alerts": {
            "task": "analytics.tasks.prune_alerts",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        # One per queue. Long expiry: a task delayed in its queue still reports the delay.
        **{
            f"round-trip-{queue}": {
                "task": "monitoring.tasks.note_round_trip",
                "args": (queue,),
                "schedule": 60.0,
                "options": {"queue": queue, "expires": 3600},
            }
            for queue in QUEUES
        },
        "prune-task-records": {
            "task": "monitoring.tasks.prune_task_records",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "prune-sign-ins": {
            "task": "accounts.tasks.prune_sign_ins",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
    },
)
app.Task.Request = "monitoring.task_stats.lost_tasks:NotedRequest"
app.autodiscover_tasks()


@signals.celeryd_init.connect
@signals.beat_init.connect
def refuse_unsafe_start(**kwargs: object) -> None:
    from diip import checks  # noqa: PLC0415 - reads settings, which read this module

    checks.refuse_unsafe_start()
    work_as(Work.WORKER)


@signals.setup_logging.connect
def keep_our_logging(**kwargs: object) -> None:
    """Keep Django's LOGGING: a connected receiver stops Celery from configuring its own."""
