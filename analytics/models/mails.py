"""Confirmation of e-mail recipients."""

from django.db import models

from diip.common.models import TimestampedModel
from projects.models import Project


class MailConfirmation(TimestampedModel):
    """Confirmation of a recipient of a project's e-mails, and its request e-mail."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="mail_confirmations"
    )
    address = models.CharField(max_length=254)
    site = models.CharField(max_length=200)
    """Base URL of the links in the request e-mail."""
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    """Due time of the request; null if sent or not to be sent."""
    asked_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "address"], name="confirmation_once")
        ]

    def __str__(self) -> str:
        return f"confirmation {self.pk}"
