"""Shapes of projects and members, in and out."""

from typing import Any

from rest_framework import serializers

from diip.common.errors import InvalidInput
from diip.common.fields import TextField
from projects.models import Membership, Project
from projects.services import reduce_repository

MAX_ID = 2**63 - 1


class RepositoryField(TextField):
    """`owner/name`; a pasted address of GitHub is reduced to it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=300, **options)

    def to_internal_value(self, data: object) -> str:
        text = super().to_internal_value(data)
        try:
            return reduce_repository(text, field=self.field_name or "repository") if text else ""
        except InvalidInput as refused:
            raise serializers.ValidationError(refused.message) from None


class ProjectSerializer(serializers.ModelSerializer[Project]):
    name = TextField(max_length=200)
    repo_identifier = RepositoryField(
        required=False,
        allow_blank=True,
        help_text="owner/name of the repository that connecting GitHub proposes; a pasted "
        "address of GitHub is reduced to it.",
    )
    owner = serializers.IntegerField(
        source="owner_id",
        read_only=True,
        allow_null=True,
        help_text="The account that has owned the project for longest.",
    )
    role = serializers.ChoiceField(
        source="my_role",
        choices=Membership.Role.choices,
        read_only=True,
        help_text="Yours; a platform admin acts as owner everywhere.",
    )

    class Meta:
        model = Project
        fields = (
            "id",
            "name",
            "repo_identifier",
            "owner",
            "role",
            "last_synced_at",
            "created_at",
        )
        read_only_fields = ("last_synced_at",)


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    """A member as the other members see it; only the role can be changed."""

    user_id = serializers.IntegerField(read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    username = serializers.CharField(source="user.username", read_only=True, allow_null=True)
    role = serializers.ChoiceField(choices=Membership.Role.choices)

    class Meta:
        model = Membership
        fields = ("id", "user_id", "email", "username", "role", "created_at")


class NewMemberSerializer(serializers.Serializer[Membership]):
    """Who is added: by `email`, or by `user_id` where you share a project already."""

    email = TextField(required=False, max_length=254)
    user_id = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    role = serializers.ChoiceField(choices=Membership.Role.choices, default=Membership.Role.VIEWER)

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if ("email" in attrs) == ("user_id" in attrs):
            raise serializers.ValidationError(
                "Name the account by email or by user_id, one of them."
            )
        return attrs
