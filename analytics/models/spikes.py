"""Days above what their own past explains."""

from django.db import models

from diip.common.models import TimestampedModel
from projects.models import Project


class Spike(TimestampedModel):
    """One spike of one series, from its first day on; grows while it lasts, ends by itself."""

    class Level(models.TextChoices):
        NOTICE = "notice"
        ALERT = "alert"

    class SeriesKind(models.TextChoices):
        PROJECT = "project"
        LABEL = "label"
        COMPONENT = "component"
        PROVIDER = "provider"

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="spikes", db_index=False
    )
    series_kind = models.CharField(max_length=16, choices=SeriesKind.choices)
    series_value = models.CharField(max_length=255, blank=True, default="")
    """Name of the label, component or provider; empty for the project as a whole."""
    level = models.CharField(max_length=16, choices=Level.choices)
    first_day = models.DateField()
    last_day = models.DateField()
    """The last day so far that was above what was expected."""
    ended_at = models.DateTimeField(null=True, blank=True)
    """When it was over; null: it lasts."""
    observed_reporters = models.IntegerField()
    """Distinct people who opened issues on a day, added up from the first to the last day."""
    observed_issues = models.IntegerField()
    expected = models.FloatField()
    """Reporters expected over the same days, counted in the same way."""
    expected_low = models.FloatField()
    expected_high = models.FloatField()
    """Between these are 95 of 100 such spans of days."""
    probability = models.FloatField()
    """How likely its least likely day was, had nothing changed."""
    explanation = models.JSONField(default=dict)
    """What moved it: labels, components, reporters, words, similar titles; each with its issues."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "series_kind", "series_value", "first_day"],
                name="spike_once_per_first_day",
            )
        ]
        indexes = [models.Index(fields=["project", "-last_day"], name="spike_newest_first")]

    def __str__(self) -> str:
        return f"{self.series_kind} {self.series_value} {self.first_day}"


class SpikeProgress(TimestampedModel):
    """How far a project's days are judged; its row is the lock of whoever judges them."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="spike_progress")
    judged_through = models.DateField(null=True)
    """This day and those before are not looked at again: all that belongs to them was there."""
