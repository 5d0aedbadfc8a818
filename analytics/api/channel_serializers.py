"""Shapes of channels, signing secrets, confirmations and delivery attempts."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from rest_framework import serializers

from accounts.fields import normalise_email
from analytics.models import AlertChannel, AlertDelivery, AlertMessage
from diip.common.fields import TextField

MAX_RECIPIENTS = 10
MAX_URL = 1000
LONGEST_DIGEST = 86_400
CONFIRMATION_STATES = ("confirmed", "waiting", "not_asked", "refused")


class RecipientField(TextField):
    """Bare e-mail address: ASCII, without a display name or header characters."""

    default_error_messages = {"not_an_address": "Enter a plain e-mail address."}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)

    def to_internal_value(self, data: object) -> str:
        address = normalise_email(super().to_internal_value(data))
        try:
            validate_email(address)
        except ValidationError:
            self.fail("not_an_address")
        if not (address.isascii() and address.isprintable()):
            self.fail("not_an_address")
        return address


class HookUrlField(TextField):
    """Write-only URL, never quoted in errors; `channel_secrets` checks its address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            write_only=True, max_length=MAX_URL, style={"input_type": "password"}, **options
        )


# --- requests -----------------------------------------------------------------------------------


class ChangeChannelSerializer(serializers.Serializer[AlertChannel]):
    name = TextField(max_length=100, required=False)
    recipients = serializers.ListField(
        child=RecipientField(),
        max_length=MAX_RECIPIENTS,
        allow_empty=False,
        required=False,
        help_text="For e-mail channels. Each recipient must confirm first. All see each other.",
    )
    url = HookUrlField(
        required=False, help_text="For Slack and webhook channels: URL that receives the messages."
    )
    digest_seconds = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=LONGEST_DIGEST,
        help_text="Time during which messages are collected into one e-mail.",
    )
    enabled = serializers.BooleanField(required=False)

    def validate_recipients(self, given: list[str]) -> list[str]:
        return list(dict.fromkeys(given))


class NewChannelSerializer(ChangeChannelSerializer):
    kind = serializers.ChoiceField(AlertChannel.Kind.choices)
    name = TextField(max_length=100)


# --- responses ----------------------------------------------------------------------------------


class AlertChannelSerializer(serializers.ModelSerializer[AlertChannel]):
    recipients = serializers.ListField(child=serializers.CharField(), read_only=True)
    unconfirmed = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Recipients that have not confirmed; they get no alerts.",
    )
    state = serializers.ChoiceField(
        AlertChannel.State.choices, source="shown_state", read_only=True
    )
    state_message = serializers.CharField(source="shown_message", read_only=True)
    address = serializers.CharField(
        source="shown_address", read_only=True, help_text="Host of the URL only."
    )

    class Meta:
        model = AlertChannel
        fields: tuple[str, ...] = (
            "id",
            "kind",
            "name",
            "enabled",
            "recipients",
            "unconfirmed",
            "address",
            "digest_seconds",
            "state",
            "state_message",
            "failure_count",
            "failing_since",
            "next_try_at",
            "last_success_at",
            "created_at",
        )
        read_only_fields = fields
        extra_kwargs = {"next_try_at": {"source": "not_before"}}


class NewKeySerializer(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Signing secret. Shown only once.")
    previous_still_signs = serializers.BooleanField(
        help_text="True if the previous secret also signs, until the next renewal."
    )


class CreatedChannelSerializer(AlertChannelSerializer):
    secret = serializers.SerializerMethodField(
        help_text="Signing secret of a webhook, shown only once; empty for other kinds."
    )

    class Meta(AlertChannelSerializer.Meta):
        fields = (*AlertChannelSerializer.Meta.fields, "secret")
        read_only_fields = fields

    def get_secret(self, channel: AlertChannel) -> str:
        return str(self.context.get("secret", ""))


class ConfirmationSerializer(serializers.Serializer[Any]):
    """Confirmation state of one recipient for this project."""

    address = serializers.CharField()
    state = serializers.ChoiceField(CONFIRMATION_STATES)
    asked_at = serializers.DateTimeField(allow_null=True, help_text="Time of the last request.")
    confirmed_at = serializers.DateTimeField(allow_null=True)
    next_mail_at = serializers.DateTimeField(
        allow_null=True, help_text="Time of the next request; null if none is planned."
    )


class ConfirmationListSerializer(serializers.Serializer[Any]):
    results = ConfirmationSerializer(many=True)


class TriedSerializer(serializers.Serializer[Any]):
    """Result of a test message."""

    success = serializers.BooleanField()
    status_code = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.IntegerField()
    reason = serializers.CharField(help_text="Cause of the failure and the fix; empty on success.")


class AlertDeliverySerializer(serializers.ModelSerializer[AlertDelivery]):
    """One attempt to deliver one message."""

    delivery_id = serializers.UUIDField(source="message.delivery_id", read_only=True)
    event = serializers.ChoiceField(
        AlertMessage.Event.choices, source="message.event", read_only=True
    )
    alert = serializers.IntegerField(source="message.alert_id", read_only=True, allow_null=True)

    class Meta:
        model = AlertDelivery
        fields = (
            "id",
            "at",
            "alert",
            "event",
            "delivery_id",
            "success",
            "status_code",
            "duration_ms",
            "reason",
        )
        read_only_fields = fields
