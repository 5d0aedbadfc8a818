"""Endpoints of spikes, their explanations and the backtest of a rule."""

from dataclasses import asdict
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.models import Spike
from analytics.spikes.backtest import Settings, backtest
from analytics.spikes.message import observed_and_expected
from analytics.spikes.rule import RULE, Rule, Thresholds
from diip.common.fields import TextField
from diip.common.http_api.pagination import NumberedPages
from diip.common.http_api.query import KnownParametersMixin
from projects.models import Membership
from projects.scoping import ProjectScopedMixin

MOST_NAMES = 50
LARGEST_THRESHOLD = 0.5


class MovedSerializer(serializers.Serializer[Any]):
    """Attribute more frequent among the issues of a spike than in the weeks before."""

    name = serializers.CharField()
    count = serializers.IntegerField(help_text="Issues of the spike with this attribute.")
    share = serializers.FloatField(help_text="Share of the spike's issues.")
    usual_share = serializers.FloatField(help_text="Share of the issues of the 16 weeks before.")
    lift = serializers.FloatField(help_text="`share` divided by `usual_share`.")
    issue_ids = serializers.ListField(child=serializers.IntegerField(), help_text="At most 20.")


class ExplanationSerializer(serializers.Serializer[Any]):
    summary = serializers.CharField(
        allow_blank=True, help_text="One sentence about what stands out, or that nothing does."
    )
    issue_ids = serializers.ListField(
        child=serializers.IntegerField(), help_text="Newest issues of the window, at most 20."
    )
    issues = serializers.IntegerField(
        help_text="Number of issues of the spike examined: the newest 300."
    )
    issues_before = serializers.IntegerField(
        help_text="Number of earlier issues examined, at most 3000."
    )
    labels = MovedSerializer(many=True)
    components = MovedSerializer(many=True)
    reporters = MovedSerializer(many=True)
    words = MovedSerializer(many=True)
    similar_titles = MovedSerializer(many=True)


class SpikeSerializer(serializers.ModelSerializer[Spike]):
    """Days with more reporters than the history of the series explains.

    Counts and expectations refer to the window, the least likely days. `observed_reporters` is the
    sum of distinct reporters per day and exceeds `expected_high`: without a change, 90 of 100 such
    windows lie between `expected_low` and `expected_high`.
    """

    ongoing = serializers.SerializerMethodField(help_text="Seven quiet days end a spike.")
    message = serializers.SerializerMethodField(help_text="Summary of the counts in one sentence.")

    class Meta:
        model = Spike
        fields = (
            "id", "series_kind", "series_value", "level", "first_day", "last_day", "ongoing",
            "ended_at", "window_first_day", "window_last_day", "people", "observed_reporters",
            "observed_issues", "expected", "expected_low", "expected_high", "probability",
            "message", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_ongoing(self, spike: Spike) -> bool:
        return spike.ended_at is None

    def get_message(self, spike: Spike) -> str:
        return observed_and_expected(spike)


class SpikeDetailSerializer(SpikeSerializer):
    explanation = serializers.SerializerMethodField()

    class Meta(SpikeSerializer.Meta):
        fields = (*SpikeSerializer.Meta.fields, "explanation")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(ExplanationSerializer(allow_null=True))
    def get_explanation(self, spike: Spike) -> dict[str, Any] | None:
        if not spike.explanation:
            return None
        # Explanations stored by older versions have no summary.
        return ExplanationSerializer({"summary": "", "issue_ids": []} | spike.explanation).data


class SpikeQuerySerializer(serializers.Serializer[Any]):
    level = serializers.ChoiceField(Spike.Level.choices, required=False)
    series = TextField(
        required=False, max_length=300, help_text="`project`, `label` (any), or `label:crash`."
    )
    since = serializers.DateField(
        required=False, help_text="Spikes with a last day on or after this date."
    )
    ongoing = serializers.BooleanField(required=False)


class _SpikesMixin(ProjectScopedMixin, generics.GenericAPIView[Spike]):
    queryset = Spike.objects.none()

    def get_queryset(self) -> "QuerySet[Spike]":
        return Spike.objects.filter(project=self.project).order_by("-last_day", "-id")


@extend_schema(parameters=[SpikeQuerySerializer])
class SpikeListView(KnownParametersMixin, _SpikesMixin, generics.ListAPIView[Spike]):
    """List of spikes, newest first."""

    serializer_class = SpikeSerializer
    pagination_class = NumberedPages
    known_parameters = frozenset({"level", "ongoing", "series", "since"})

    def get_queryset(self) -> "QuerySet[Spike]":
        # A plain dict: in form data, DRF reads a missing boolean as false.
        serializer = SpikeQuerySerializer(data=self.request.query_params.dict())
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        found = super().get_queryset().defer("explanation")
        if "level" in given:
            found = found.filter(level=given["level"])
        if "series" in given:
            found = found.filter(_is_of_series(given["series"]))
        if "since" in given:
            found = found.filter(last_day__gte=given["since"])
        if "ongoing" in given:
            found = found.filter(ended_at__isnull=given["ongoing"])
        return found


def _is_of_series(name: str) -> Q:
    kind, separator, value = name.partition(":")
    return Q(series_kind=kind, series_value=value) if separator else Q(series_kind=kind)


class SpikeDetailView(_SpikesMixin, generics.RetrieveAPIView[Spike]):
    """One spike with its explanation."""

    serializer_class = SpikeDetailSerializer
    lookup_url_kwarg = "spike_id"


class ProbabilityField(serializers.FloatField):
    """Probability above 0; unlike DRF's bounds, rejects "nan"."""

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not 0 < value <= LARGEST_THRESHOLD:
            message = f"Enter a probability above 0 and at most {LARGEST_THRESHOLD}."
            raise serializers.ValidationError(message)
        return value


class ThresholdsSerializer(serializers.Serializer[Any]):
    """Probabilities below which a count of reporters fires, assuming no change."""

    day = ProbabilityField(help_text="For one day.")
    run = ProbabilityField(help_text="For the last days, weighted towards today.")


class BacktestSettingsSerializer(serializers.Serializer[Any]):
    """Backtest settings; missing values use the rule in production."""

    alert = ThresholdsSerializer(required=False)
    notice = ThresholdsSerializer(required=False)
    minimum_reporters = serializers.IntegerField(required=False, min_value=1, max_value=10_000)
    series = serializers.ListField(
        child=TextField(max_length=300), required=False, max_length=MOST_NAMES
    )

    def settings(self) -> Settings:
        given = self.validated_data
        rule = Rule(
            alert=Thresholds(**given["alert"]) if "alert" in given else RULE.alert,
            notice=Thresholds(**given["notice"]) if "notice" in given else RULE.notice,
            minimum_reporters=given.get("minimum_reporters", RULE.minimum_reporters),
        )
        return Settings(rule=rule, series=given.get("series", ()))


class AlarmSerializer(serializers.Serializer[Any]):
    series_kind = serializers.ChoiceField(Spike.SeriesKind.choices)
    series_value = serializers.CharField()
    level = serializers.ChoiceField(Spike.Level.choices)
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    window_first_day = serializers.DateField()
    window_last_day = serializers.DateField()
    observed_reporters = serializers.IntegerField()
    observed_issues = serializers.IntegerField()
    expected = serializers.FloatField()
    expected_low = serializers.IntegerField()
    expected_high = serializers.IntegerField()
    probability = serializers.FloatField()


class BacktestSerializer(serializers.Serializer[Any]):
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    settings = serializers.DictField(help_text="Settings used, including defaults.")
    judged = serializers.ListField(
        child=serializers.CharField(), help_text="Names of the series evaluated."
    )
    left_out = serializers.IntegerField(
        help_text="Number of series beyond the 20 with most reporters."
    )
    alerts = serializers.IntegerField()
    notices = serializers.IntegerField()
    alarms = AlarmSerializer(many=True, help_text="Newest first.")


class BacktestView(ProjectScopedMixin):
    """Backtest of a rule over the last twelve weeks; changes nothing."""

    method_roles = {"POST": Membership.Role.VIEWER}

    @extend_schema(
        operation_id="spikes_backtest",
        request=BacktestSettingsSerializer,
        responses=BacktestSerializer,
    )
    def post(self, request: Request, project_id: int) -> Response:
        serializer = BacktestSettingsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        settings = serializer.settings()
        found = backtest(self.project, settings)
        counts = {"alerts": found.alerts, "notices": found.notices}
        result = asdict(found) | counts | {"settings": asdict(settings.rule)}
        return Response(BacktestSerializer(result).data)
