"""Serializers of projects and members."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from diip.common.errors import InvalidInput
from diip.common.fields import TextField
from projects.models import Membership, Project
from projects.services import reduce_repository

MAX_ID = 2**63 - 1
# Zone names that mean something only on one system.
_NO_ZONES = frozenset({"Factory", "localtime"})
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class RepositoryField(TextField):
    """Repository as `owner/name`; also accepts its GitHub URL."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=300, **options)

    def to_internal_value(self, data: object) -> str:
        text = super().to_internal_value(data)
        try:
            return reduce_repository(text, field=self.field_name or "repository") if text else ""
        except InvalidInput as refused:
            raise serializers.ValidationError(refused.message) from None


@cache
def time_zones() -> frozenset[str]:
    """Return the IANA names; cached, because finding them reads hundreds of files."""
    return frozenset(available_timezones() - _NO_ZONES)


class TimeZoneField(TextField):
    default_error_messages = {
        "not_a_zone": "Unknown time zone. Use the full IANA name, such as Europe/Berlin, or UTC."
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, **options)

    def to_internal_value(self, data: object) -> str:
        name = super().to_internal_value(data)
        if name not in time_zones():
            self.fail("not_a_zone")
        return name


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": 7})
class WeekdayField(serializers.Field[int, object, int, int]):
    default_error_messages = {
        "not_a_day": "A day must be a whole number from 1 (Monday) to 7 (Sunday)."
    }

    def to_internal_value(self, data: object) -> int:
        if type(data) is not int or not 1 <= data <= 7:
            self.fail("not_a_day")
        return data

    def to_representation(self, value: int) -> int:
        return value


@extend_schema_field({"type": "string", "pattern": CLOCK, "example": "09:00"})
class ClockField(TextField):
    default_error_messages = {"not_a_time": "Use hours and minutes, such as 09:00 or 17:30."}

    def to_internal_value(self, data: object) -> str:
        text = super().to_internal_value(data)
        if not re.fullmatch(CLOCK, text):
            self.fail("not_a_time")
        return text


class WorkingHoursSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Working days (ISO: Monday is 1) and hours in the project's time zone."""

    days = serializers.ListField(child=WeekdayField(), min_length=1, max_length=7)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), "from": ClockField(), "to": ClockField()}

    def to_internal_value(self, data: Any) -> Any:
        # All three are required, in PATCH requests too.
        if isinstance(data, Mapping) and (odd := set(data) ^ set(self.fields)):
            message = "Send exactly these three fields: days, from and to."
            raise serializers.ValidationError(dict.fromkeys(sorted(odd), message))
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["from"] >= attrs["to"]:
            raise serializers.ValidationError("`from` must be earlier than `to` on the same day.")
        days = sorted(attrs["days"])
        if len(set(days)) != len(days):
            raise serializers.ValidationError({"days": "List each day only once."})
        return {"days": days, "from": attrs["from"], "to": attrs["to"]}


class ProjectSerializer(serializers.ModelSerializer[Project]):
    name = TextField(max_length=200)
    repo_identifier = RepositoryField(
        required=False,
        allow_blank=True,
        help_text="Repository (owner/name) suggested when connecting GitHub; a GitHub URL is "
        "accepted too.",
    )
    time_zone = TimeZoneField(
        required=False,
        help_text="IANA name of the zone that defines the project's days; default UTC.",
    )
    working_hours = WorkingHoursSerializer(
        required=False,
        allow_null=True,
        help_text="If set, durations are also given in working time. null: calendar time only.",
    )
    owner = serializers.IntegerField(
        source="owner_id",
        read_only=True,
        allow_null=True,
        help_text="Account that has been owner longest.",
    )
    role = serializers.ChoiceField(
        source="my_role",
        choices=Membership.Role.choices,
        read_only=True,
        help_text="Your role; platform admins are owner in every project.",
    )

    class Meta:
        model = Project
        fields = (
            "id",
            "name",
            "repo_identifier",
            "time_zone",
            "working_hours",
            "owner",
            "role",
            "last_synced_at",
            "created_at",
        )
        read_only_fields = ("last_synced_at",)


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    """Member as visible to other members; only the role can be changed."""

    user_id = serializers.IntegerField(read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    username = serializers.CharField(source="user.username", read_only=True, allow_null=True)
    role = serializers.ChoiceField(choices=Membership.Role.choices)

    class Meta:
        model = Membership
        fields = ("id", "user_id", "email", "username", "role", "created_at")


class NewMemberSerializer(serializers.Serializer[Membership]):
    """New member: by `email`, or by `user_id` of an account in a shared project."""

    email = TextField(required=False, max_length=254)
    user_id = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    role = serializers.ChoiceField(choices=Membership.Role.choices, default=Membership.Role.VIEWER)

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if ("email" in attrs) == ("user_id" in attrs):
            raise serializers.ValidationError("Send either email or user_id.")
        return attrs
