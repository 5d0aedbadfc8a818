"""Abstract models only: the bottom of the stack owns no table."""

from django.db import models


class TimestampedModel(models.Model):
    """Times of our own row; a provider's times have names of their own."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
