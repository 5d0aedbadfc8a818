"""Shapes of alerts, their messages and alert rules."""

import re
from typing import Any

from rest_framework import serializers

from analytics.models import Alert, AlertMessage, AlertRule, Spike
from diip.common.fields import TextField
from projects.api.serializers import MAX_ID


class AlertSerializer(serializers.ModelSerializer[Alert]):
    subject = serializers.CharField(source="subject_key", read_only=True)
    details = serializers.DictField(read_only=True)

    class Meta:
        model = Alert
        fields: tuple[str, ...] = (
            "id",
            "topic",
            "subject",
            "series",
            "level",
            "title",
            "body",
            "details",
            "state",
            "revision",
            "opened_at",
            "resolved_at",
            "muted_at",
            "snoozed_until",
            "decided_by",
        )
        read_only_fields = fields


class AlertMessageSerializer(serializers.ModelSerializer[AlertMessage]):
    """Sent or queued message about an alert in one channel."""

    channel = serializers.IntegerField(source="channel_id", read_only=True)

    class Meta:
        model = AlertMessage
        fields = ("channel", "event", "revision", "delivery_id", "state", "attempts", "sent_at")
        read_only_fields = fields


class AlertDetailSerializer(AlertSerializer):
    messages = AlertMessageSerializer(many=True, read_only=True)

    class Meta(AlertSerializer.Meta):
        fields = (*AlertSerializer.Meta.fields, "messages")
        read_only_fields = fields


class SnoozeSerializer(serializers.Serializer[Alert]):
    until = serializers.DateTimeField(
        allow_null=True, help_text="No messages before this time; null ends the snooze now."
    )


class AlertQuerySerializer(serializers.Serializer[Alert]):
    """Filters of the alert list."""

    state = serializers.ChoiceField(required=False, choices=Alert.State.choices)
    topic = serializers.ChoiceField(required=False, choices=Alert.Topic.choices)
    level = serializers.ChoiceField(required=False, choices=Alert.Level.choices)


MAX_SERIES = 100
MAX_CHANNELS = 50
_KINDS = "|".join(kind for kind in Spike.SeriesKind if kind != Spike.SeriesKind.PROJECT)
_SERIES = re.compile(f"project|({_KINDS}):.+", re.DOTALL)


class AlertRuleSerializer(serializers.ModelSerializer[AlertRule]):
    name = TextField(max_length=100)
    topics = serializers.ListField(
        child=serializers.ChoiceField(Alert.Topic.choices),
        allow_empty=False,
        max_length=len(Alert.Topic),
        default=list(Alert.Topic.values),
    )
    min_level = serializers.ChoiceField(Alert.Level.choices, default=Alert.Level.ALERT)
    series = serializers.ListField(
        child=TextField(max_length=300),
        max_length=MAX_SERIES,
        default=list,
        help_text="For spikes: `project`, `label:crash`, `component:api`, `provider:jira`. "
        "Empty means all.",
    )
    channels = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID),
        max_length=MAX_CHANNELS,
        help_text="Ids of channels of this project.",
    )
    enabled = serializers.BooleanField(default=True)

    class Meta:
        model = AlertRule
        fields = ("id", "name", "topics", "min_level", "series", "channels", "enabled")

    def validate_topics(self, given: list[str]) -> list[str]:
        return list(dict.fromkeys(given))

    def validate_series(self, given: list[str]) -> list[str]:
        for name in given:
            if not _SERIES.fullmatch(name):
                raise serializers.ValidationError(
                    "Enter project, or a kind and a name such as label:crash."
                )
        return list(dict.fromkeys(given))

    def to_representation(self, instance: AlertRule) -> dict[str, Any]:
        ids = sorted(channel.pk for channel in instance.channels.all())
        plain = {name: getattr(instance, name) for name in self.Meta.fields if name != "channels"}
        return {name: plain.get(name, ids) for name in self.Meta.fields}
