"""DIIP's wiring: settings, the Celery app, the URL map."""

from diip.celery import app as celery_app

__all__ = ["celery_app"]
