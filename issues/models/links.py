"""Links between issues, within one tracker and across trackers."""

from django.db import models
from django.utils import timezone

from issues.models.issues import Issue


class IssueLink(models.Model):
    """Link reported by one issue, in its record (`tracker`) or its text (`text`).

    Reads as "issue <kind> target", reversed if `inward`. A link reported by both ends has two rows;
    queries merge them.
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
    """Reference to the other issue: `id:<origin>:<id>`, `key:<origin>:<key>` or `url:<address>`."""
    target = models.ForeignKey(
        Issue, on_delete=models.SET_NULL, null=True, blank=True, related_name="linked_from"
    )
    """Linked issue; null if it is not stored."""
    target_key = models.CharField(max_length=300, blank=True, default="")
    """Key of the other issue, as shown to users."""
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
