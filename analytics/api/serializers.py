"""OpenAPI shapes of the metrics; the responses themselves are structs of `analytics.queries`."""

from typing import Any

from rest_framework import serializers

from analytics.metrics import METRICS
from analytics.queries.data_quality import SAYS
from issues.api.serializers import CursorPageSerializer

Described = serializers.Serializer[Any]


class SourceSerializer(Described):
    integration_id = serializers.IntegerField()
    provider = serializers.CharField()
    scope = serializers.CharField()
    status = serializers.CharField()
    last_success_at = serializers.DateTimeField(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True)
    stale = serializers.BooleanField()
    message = serializers.CharField(allow_blank=True)


class FreshnessSerializer(Described):
    as_of = serializers.DateTimeField(
        allow_null=True,
        help_text="Tracker data up to this time is included; null if unknown for a source.",
    )
    update_pending = serializers.BooleanField(
        help_text="True if stored changes are not included yet; usually takes seconds."
    )
    stale = serializers.BooleanField()
    warnings = serializers.ListField(child=serializers.CharField())
    rebuilding = serializers.BooleanField(help_text="Full recalculation running.")
    sources = SourceSerializer(many=True)


class SpreadSerializer(Described):
    """Durations in seconds; percentiles by nearest rank, null below 20 values."""

    average = serializers.FloatField(allow_null=True)
    p50 = serializers.FloatField(allow_null=True)
    p75 = serializers.FloatField(allow_null=True)
    p90 = serializers.FloatField(allow_null=True)
    insufficient_data = serializers.BooleanField()


class WaitingSerializer(Described):
    n = serializers.IntegerField()
    oldest_seconds = serializers.FloatField(allow_null=True)


class ValueSerializer(Described):
    value = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField(help_text="Number of issues counted.")
    excluded_counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="Number of issues excluded, by reason."
    )
    spread = SpreadSerializer(allow_null=True)
    business_hours = SpreadSerializer(
        allow_null=True, help_text="In working hours; null if the project defines none."
    )
    detail = serializers.DictField(allow_null=True)


class DefinitionSerializer(Described):
    metric = serializers.ChoiceField(list(METRICS))
    version = serializers.IntegerField()
    unit = serializers.CharField()
    definition = serializers.CharField(help_text="Which issues count, in plain English.")
    outcomes = serializers.CharField(help_text="Which outcomes count.")


class NamedDefinitionSerializer(DefinitionSerializer):
    of = serializers.ChoiceField(["range", "now"])


class DefinitionsSerializer(Described):
    results = NamedDefinitionSerializer(many=True)


class MeasuredSerializer(DefinitionSerializer, ValueSerializer):
    as_of = serializers.DateTimeField(allow_null=True)
    open_cohort = WaitingSerializer(
        allow_null=True, help_text="Issues without the event yet, which are not counted."
    )


class RangeSerializer(Described):
    to = serializers.DateField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), "from": serializers.DateField()}


class LastingSpikeSerializer(Described):
    id = serializers.IntegerField()
    level = serializers.ChoiceField(["notice", "alert"])
    series = serializers.CharField(help_text="`project`, `label:crash`, `provider:jira`.")
    first_day = serializers.DateField()
    last_day = serializers.DateField()


class SummarySerializer(RangeSerializer):
    project_id = serializers.IntegerField()
    time_zone = serializers.CharField()
    total_issues = serializers.FloatField(allow_null=True)
    open_issues = serializers.FloatField(allow_null=True)
    closed_issues = serializers.FloatField(allow_null=True)
    avg_resolution_time = serializers.FloatField(allow_null=True, help_text="Seconds.")
    spike_detected = serializers.BooleanField(
        help_text="True if a spike of level alert is ongoing in the project, or in one of its "
        "labels, components or providers. Ignores the range and the filters."
    )
    spikes = LastingSpikeSerializer(
        many=True, help_text="Ongoing spikes, including notices; alerts first, at most 20."
    )
    metrics = serializers.DictField(child=MeasuredSerializer())
    freshness = FreshnessSerializer()


class PointSerializer(RangeSerializer, ValueSerializer):
    complete = serializers.BooleanField(help_text="False if the period has not ended yet.")


class SeriesSerializer(Described):
    group = serializers.CharField(allow_null=True, allow_blank=True)
    n = serializers.IntegerField()
    points = PointSerializer(many=True)


class TrendsSerializer(RangeSerializer, DefinitionSerializer):
    project_id = serializers.IntegerField()
    interval = serializers.ChoiceField(["day", "week", "month"])
    by = serializers.CharField(allow_null=True)
    time_zone = serializers.CharField()
    series = SeriesSerializer(many=True)
    groups_left_out = serializers.IntegerField(help_text="Number of groups beyond the 20 largest.")
    freshness = FreshnessSerializer()


class BehindSerializer(Described):
    id = serializers.IntegerField()
    key = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField()
    provider = serializers.CharField()
    status = serializers.CharField()
    outcome = serializers.CharField(allow_null=True)
    value = serializers.FloatField(allow_null=True, help_text="Contribution of this issue.")
    excluded_reason = serializers.CharField(
        allow_null=True, help_text="Reason for exclusion; null if counted."
    )
    anomalies = serializers.ListField(child=serializers.CharField())


class BehindPageSerializer(CursorPageSerializer):
    results = BehindSerializer(many=True)


class ComparedSerializer(RangeSerializer):
    project_id = serializers.IntegerField()
    name = serializers.CharField()
    time_zone = serializers.CharField()
    measured = MeasuredSerializer()
    freshness = FreshnessSerializer()


class CompareSerializer(Described):
    metric = serializers.ChoiceField(list(METRICS))
    results = ComparedSerializer(many=True)


class PlaceSerializer(Described):
    """Source with missing data: amount and reason."""

    integration_id = serializers.IntegerField()
    provider = serializers.CharField()
    scope = serializers.CharField()
    n = serializers.IntegerField()
    message = serializers.CharField()


class FindingSerializer(Described):
    id = serializers.ChoiceField(list(SAYS))
    message = serializers.CharField(help_text="Meaning and fix.")
    n = serializers.IntegerField()
    issues = serializers.URLField(
        allow_null=True, help_text="List of the affected issues; null if it concerns no issues."
    )
    problems = PlaceSerializer(many=True)


class DataQualitySerializer(Described):
    findings = FindingSerializer(many=True)
    freshness = FreshnessSerializer()
