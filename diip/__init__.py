"""Project wiring: settings, Celery app, URL map."""

from diip.celery import app as celery_app

__all__ = ["celery_app"]
