"""Shapes of alerts and of what was told of them."""

from rest_framework import serializers

from analytics.models import Alert, AlertMessage


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
    """What was, or is to be, told of an alert in one channel."""

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
        allow_null=True, help_text="Nothing is told before. null: it ends now."
    )


class AlertQuerySerializer(serializers.Serializer[Alert]):
    """What a list of alerts can be narrowed by."""

    state = serializers.ChoiceField(required=False, choices=Alert.State.choices)
    topic = serializers.ChoiceField(required=False, choices=Alert.Topic.choices)
    level = serializers.ChoiceField(required=False, choices=Alert.Level.choices)
