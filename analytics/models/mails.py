"""Who of the recipients of mails wants them."""

from django.db import models

from diip.common.models import TimestampedModel
from projects.models import Project


class MailConfirmation(TimestampedModel):
    """Whether a recipient of a project's mails wants them, and the mail that asks."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="mail_confirmations"
    )
    address = models.CharField(max_length=254)
    site = models.CharField(max_length=200)
    """Where it was asked for: what links in the mail begin with."""
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    """When it is to be asked; null: it was, or may not be."""
    asked_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "address"], name="confirmation_once")
        ]

    def __str__(self) -> str:
        return f"confirmation {self.pk}"
