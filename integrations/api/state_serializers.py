"""Serializers of an integration's state. They never return a token."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integrations.lifecycle.fixes import remedy_for
from integrations.lifecycle.staleness import compared_at, freshness_of
from integrations.models import Integration


class QuotaSerializer(serializers.Serializer[Integration]):
    """Request limit last reported by the tracker; null if it reports none."""

    limit = serializers.IntegerField(source="quota_limit", allow_null=True)
    remaining = serializers.IntegerField(source="quota_remaining", allow_null=True)
    resets_at = serializers.DateTimeField(source="quota_resets_at", allow_null=True)


class CallSerializer(serializers.Serializer[Integration]):
    method = serializers.CharField()
    path = serializers.CharField()
    body = serializers.DictField(help_text="Replace `…` by your value.")


class IntegrationFreshnessSerializer(serializers.Serializer[Integration]):
    """Freshness of the stored data, with the reason if it is stale."""

    stale = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    stale_since = serializers.DateTimeField(allow_null=True)


class IntegrationSerializer(serializers.ModelSerializer[Integration]):
    fix = serializers.SerializerMethodField(
        help_text="How to fix the status; empty if nothing to do."
    )
    call = serializers.SerializerMethodField(
        help_text="API request that applies the fix; null if none."
    )
    freshness = serializers.SerializerMethodField(
        help_text="Whether the last sync is recent enough for its interval."
    )
    compared_at = serializers.SerializerMethodField(
        help_text="Start of the last finished census, which compared all issues of the tracker, "
        "closed ones too, with the stored ones. null: no census has finished yet."
    )
    has_token = serializers.BooleanField(read_only=True)
    paused = serializers.BooleanField(read_only=True)
    quota = QuotaSerializer(source="*", read_only=True)
    notes = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Integration
        fields = (
            "id",
            "provider",
            "scope",
            "base_url",
            "web_url",
            "status",
            "status_reason",
            "status_message",
            "status_since",
            "fix",
            "call",
            "freshness",
            "next_sync_at",
            "last_success_at",
            "compared_at",
            "has_token",
            "account",
            "token_expires_at",
            "quota",
            "sync_interval_seconds",
            "paused",
            "notes",
            "created_at",
        )
        read_only_fields = fields

    def get_fix(self, integration: Integration) -> str:
        return remedy_for(integration.status_reason).fix

    @extend_schema_field(CallSerializer(allow_null=True))
    def get_call(self, integration: Integration) -> dict[str, object] | None:
        remedy = remedy_for(integration.status_reason)
        if not remedy.method:
            return None
        own = f"/api/projects/{integration.project_id}/integrations/{integration.pk}/"
        return {"method": remedy.method, "path": own + remedy.path, "body": dict(remedy.body)}

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_compared_at(self, integration: Integration) -> datetime | None:
        return compared_at(integration)

    @extend_schema_field(IntegrationFreshnessSerializer)
    def get_freshness(self, integration: Integration) -> dict[str, Any]:
        return asdict(freshness_of(integration, timezone.now()))
