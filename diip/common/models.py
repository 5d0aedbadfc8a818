"""Abstract models; this lowest layer owns no table."""

from django.db import models


class TimestampedModel(models.Model):
    """Row timestamps; times from a provider use other names."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
