"""Input and output shapes of the account endpoints; services hold the rules."""

from rest_framework import serializers

from accounts.models import User
from accounts.sign_in.tokens import MAX_TOKEN_LENGTH
from diip.common.fields import TextField


class PasswordField(TextField):
    """Password, stored unchanged with its blanks; bounded because hashing is expensive."""

    def __init__(self) -> None:
        super().__init__(
            max_length=1024,
            trim_whitespace=False,
            write_only=True,
            style={"input_type": "password"},
        )


class AccountSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "email", "username", "role")
        read_only_fields = fields


class RegistrationSerializer(serializers.Serializer[User]):
    email = TextField(max_length=254, help_text="E-mail address, used as login.")
    password = PasswordField()
    username = TextField(max_length=150, required=False, allow_null=True, allow_blank=True)


class RegistrationAskedSerializer(serializers.Serializer[User]):
    detail = serializers.CharField(help_text="What to do next.")


class ProfileSerializer(serializers.Serializer[User]):
    username = TextField(max_length=150, allow_null=True, allow_blank=True, required=False)


class CredentialsSerializer(serializers.Serializer[User]):
    email = TextField(max_length=254, required=False)
    username = TextField(max_length=254, required=False)
    password = PasswordField()

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        if not (attrs.get("email") or attrs.get("username")):
            raise serializers.ValidationError("Send `email` or `username` with the password.")
        return attrs


class PasswordChangeSerializer(serializers.Serializer[User]):
    old_password = PasswordField()
    new_password = PasswordField()


class RefreshSerializer(serializers.Serializer[User]):
    refresh = TextField(max_length=MAX_TOKEN_LENGTH)


class TokenPairSerializer(serializers.Serializer[User]):
    access = serializers.CharField(help_text="For the Authorization header; valid 15 minutes.")
    refresh = serializers.CharField(help_text="For one refresh; valid 7 days.")
