"""What issues have to do with each other, within a tracker and across."""

from django.db import models
from django.utils import timezone

from issues.models.issues import Issue


class IssueLink(models.Model):
    """One link as one issue tells it: its record (`tracker`) or its text (`text`) names another.

    Read as "issue <kind> target", turned round where `inward`. A link that both ends tell is two
    rows; whoever shows links shows them once.
    """

    class Kind(models.TextChoices):
        BLOCKS = "blocks"
        DUPLICATES = "duplicates"
        RELATES = "relates"
        PARENT = "parent"

    class Source(models.TextChoices):
        TRACKER = "tracker"
        TEXT = "text"

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="links", db_index=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    inward = models.BooleanField(default=False)
    source = models.CharField(max_length=16, choices=Source.choices)
    target_ref = models.CharField(max_length=600)
    """Names the other one: `id:<origin>:<id>`, `key:<origin>:<key>` or `url:<address>`."""
    target = models.ForeignKey(
        Issue, on_delete=models.SET_NULL, null=True, blank=True, related_name="linked_from"
    )
    """The other one, where it is here."""
    target_key = models.CharField(max_length=300, blank=True, default="")
    """As people read it."""
    target_url = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "source", "kind", "inward", "target_ref"], name="link_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["target_ref"], condition=models.Q(target=None), name="link_unresolved"
            )
        ]
