"""Days above what their own past explains."""

from datetime import date

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
    window_first_day = models.DateField(null=True)
    """First day of the least likely window; null: found before windows were stored."""
    window_last_day = models.DateField(null=True)
    people = models.IntegerField(null=True)
    """Distinct people who opened issues in the window."""
    observed_reporters = models.IntegerField()
    """Distinct people a day, added up over the days of the window."""
    observed_issues = models.IntegerField()
    """Issues opened in the window."""
    expected = models.FloatField()
    """Reporters expected in the window, counted as `observed_reporters`."""
    expected_low = models.FloatField()
    expected_high = models.FloatField()
    """Of 100 such windows 90 lie between these."""
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

    @property
    def series(self) -> str:
        """As rules name it: `project`, `label:crash`."""
        return f"{self.series_kind}:{self.series_value}" if self.series_value else self.series_kind

    @property
    def window(self) -> tuple[date, date]:
        """First and last day of what is told of it."""
        return self.window_first_day or self.first_day, self.window_last_day or self.last_day

    @property
    def window_length(self) -> int:
        """Days."""
        first, last = self.window
        return (last - first).days + 1


class SpikeProgress(TimestampedModel):
    """How far a project's days are judged; its row is the lock of whoever judges them."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="spike_progress")
    judged_through = models.DateField(null=True)
    """This day and those before are not looked at again: all that belongs to them was there."""
