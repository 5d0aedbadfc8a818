"""Models for spikes: days far above the forecast from their own past."""

from datetime import date

from django.db import models

from diip.common.models import TimestampedModel
from projects.models import Project


class Spike(TimestampedModel):
    """Spike of one series; extended while it lasts, ended automatically."""

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
    """Last day so far that fired."""
    ended_at = models.DateTimeField(null=True, blank=True)
    """End of the spike; null while it lasts."""
    window_first_day = models.DateField(null=True)
    """First day of the least likely window; null for spikes of old versions."""
    window_last_day = models.DateField(null=True)
    people = models.IntegerField(null=True)
    """Distinct people who opened issues in the window."""
    observed_reporters = models.IntegerField()
    """Distinct people per day, summed over the window."""
    observed_issues = models.IntegerField()
    """Issues opened in the window."""
    expected = models.FloatField()
    """Reporters expected in the window, counted as `observed_reporters`."""
    expected_low = models.FloatField()
    expected_high = models.FloatField()
    """Bounds of the 90 % range of `expected`."""
    probability = models.FloatField()
    """Probability of the least likely day, if nothing had changed."""
    explanation = models.JSONField(default=dict)
    """Likely causes: labels, components, reporters, words, similar titles; with issues."""

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

    @property
    def series(self) -> str:
        """Name of the series in alert rules: `project`, `label:crash`."""
        return f"{self.series_kind}:{self.series_value}" if self.series_value else self.series_kind

    @property
    def window(self) -> tuple[date, date]:
        """First and last day of the reported window."""
        return self.window_first_day or self.first_day, self.window_last_day or self.last_day

    @property
    def window_length(self) -> int:
        """Length of the reported window in days."""
        first, last = self.window
        return (last - first).days + 1


class SpikeProgress(TimestampedModel):
    """Progress of spike detection in a project; workers lock this row."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="spike_progress")
    judged_through = models.DateField(null=True)
    """Last day with a final result: its data was complete when it was evaluated."""
