"""Serializers for people and person matches."""

from typing import Any

from rest_framework import serializers

from issues.identity.account_matching import EVIDENCE_TEXTS
from issues.models import Person, PersonMatch


class PersonDetailSerializer(serializers.ModelSerializer[Person]):
    """Account at a tracker, stored once per project."""

    is_bot = serializers.BooleanField(source="counts_as_bot", read_only=True)
    bot_by = serializers.SerializerMethodField(
        help_text="Source of `is_bot`: `maintainer` or `provider`; null if neither "
        "says it is a bot."
    )
    identity = serializers.IntegerField(
        source="identity_id",
        read_only=True,
        allow_null=True,
        help_text="Id of the person's main account; null: this account stands alone.",
    )

    class Meta:
        model = Person
        fields = (
            "id", "provider", "origin", "login", "display_name", "url", "is_bot", "bot_by",
            "is_deleted", "identity",
        )  # fmt: skip
        read_only_fields = fields

    def get_bot_by(self, person: Person) -> str | None:
        if person.bot_override is not None:
            return "maintainer"
        return "provider" if person.is_bot else None


class ChangePersonSerializer(serializers.Serializer[Any]):
    is_bot = serializers.BooleanField(
        allow_null=True, help_text="null restores the provider's value."
    )


class PersonQuerySerializer(serializers.Serializer[Any]):
    bot = serializers.BooleanField(required=False)
    deleted = serializers.BooleanField(required=False)
    provider = serializers.CharField(required=False, max_length=32)
    q = serializers.CharField(required=False, max_length=200, help_text="Part of login or name.")


class EvidenceSerializer(serializers.Serializer[Any]):
    code = serializers.ChoiceField(sorted(EVIDENCE_TEXTS))
    message = serializers.CharField()


class PersonMatchSerializer(serializers.ModelSerializer[PersonMatch]):
    """Suggestion that two accounts belong to one person, with its decision."""

    first = PersonDetailSerializer(read_only=True)
    second = PersonDetailSerializer(read_only=True)
    evidence = serializers.SerializerMethodField()
    decided_by = serializers.SerializerMethodField()

    class Meta:
        model = PersonMatch
        fields = (
            "id", "state", "first", "second", "evidence", "suggested_at", "decided_by",
            "decided_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_evidence(self, match: PersonMatch) -> list[dict[str, str]]:
        return [{"code": code, "message": EVIDENCE_TEXTS.get(code, "")} for code in match.evidence]

    def get_decided_by(self, match: PersonMatch) -> str | None:
        return match.decided_by.username if match.decided_by else None


class MatchQuerySerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(PersonMatch.State.choices, required=False)
