"""Cleaning up after sign-ins."""

from celery import shared_task
from django.utils import timezone

from accounts import attempts
from accounts.models import RefreshFamily


@shared_task
def prune_sign_ins() -> None:
    """Delete counters that count no more and chains of refresh tokens that ran out."""
    attempts.prune()
    RefreshFamily.objects.filter(expires_at__lt=timezone.now()).delete()
