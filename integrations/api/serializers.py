"""Serializers of integrations and runs. Tokens are write-only."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.utils import timezone
from rest_framework import serializers

from diip.common.fields import TextField
from integrations.models import Integration, SyncRun
from integrations.providers.contract.base import ConnectInput, InputKind, Provider
from projects.api.serializers import MAX_ID, RepositoryField

SHORTEST_INTERVAL = 60
LONGEST_INTERVAL = 86_400
MAX_WORDS = 20


class TokenField(TextField):
    """Token input, never returned and never quoted in an error."""

    default_error_messages = {
        "not_a_token": "The token contains invalid characters. Copy the whole token again."
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(
            write_only=True,
            max_length=1000,
            allow_blank=True,
            style={"input_type": "password"},
            **options,
        )

    def to_internal_value(self, data: object) -> str:
        text = super().to_internal_value(data)
        if not (text.isascii() and text.isprintable()) or " " in text:
            self.fail("not_a_token")
        return text


class AccountField(TextField):
    """E-mail address of the account, kept unchanged because it is part of the sign-in."""

    default_error_messages = {"not_an_account": "Give the e-mail address of the token's owner."}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)

    def to_internal_value(self, data: object) -> str:
        text = super().to_internal_value(data)
        is_plain = text.isascii() and text.isprintable() and " " not in text and ":" not in text
        if text and not (is_plain and "@" in text.strip("@")):
            self.fail("not_an_account")
        return text


class ApiUrlField(TextField):
    """Root of a tracker's API; `http.address_guard` checks it on use."""

    default_error_messages = {
        "not_a_root": "Give the root of the API, like https://github.example.com/api/v3: https, "
        "a host, no name or password, no query."
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=300, **options)

    def to_internal_value(self, data: object) -> str:
        text = super().to_internal_value(data)
        if text and not _is_api_root(text):
            self.fail("not_a_root")
        parts = urlsplit(text)
        root = (parts.scheme, parts.netloc.lower(), parts.path.rstrip("/"), "", "")
        return urlunsplit(root)


class ExpiryField(serializers.DateTimeField):
    """Expiry date of a token, given by its owner."""

    default_error_messages = {"past": "This date is in the past. Make a new token first."}

    def __init__(self, **options: Any) -> None:
        text = "Expiry of the token if the tracker does not report it (Jira). You are reminded."
        super().__init__(required=False, help_text=text, **options)

    def to_internal_value(self, value: Any) -> datetime:
        moment = super().to_internal_value(value)
        if moment <= timezone.now():
            self.fail("past")
        return moment


def _is_api_root(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port != 0
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and not set(" \\?#@") & set(text)
    return plain and port_is_fine and parts.scheme in {"http", "https"} and bool(parts.hostname)


# --- in -----------------------------------------------------------------------------------------


def connect_serializer(kind: type[Provider]) -> type[serializers.Serializer[Integration]]:
    """Build the request serializer for a provider's `inputs`."""
    fields: dict[str, serializers.Field[Any, Any, Any, Any]]
    fields = {each.name: _INPUTS[each.kind](each) for each in kind.inputs}
    fields["token_expires_at"] = ExpiryField()
    name = f"Connect{kind.name.title()}Serializer"
    return type(name, (serializers.Serializer,), fields)


def _options(asked: ConnectInput) -> dict[str, Any]:
    """Return the field's options; optional inputs default to empty."""
    options: dict[str, Any] = {"required": asked.required, "help_text": asked.help}
    if not asked.required:
        options |= {"default": [] if asked.kind == "words" else ""}
    return options


def _plain_options(asked: ConnectInput) -> dict[str, Any]:
    return _options(asked) | {"allow_blank": not asked.required}


_INPUTS: dict[InputKind, Callable[[ConnectInput], serializers.Field[Any, Any, Any, Any]]] = {
    "token": lambda asked: TokenField(**_options(asked)),
    "account": lambda asked: AccountField(**_plain_options(asked)),
    "url": lambda asked: ApiUrlField(**_plain_options(asked)),
    "repository": lambda asked: RepositoryField(**_plain_options(asked)),
    "text": lambda asked: TextField(max_length=asked.max_length, **_plain_options(asked)),
    "words": lambda asked: serializers.ListField(
        child=TextField(max_length=asked.max_length),
        max_length=MAX_WORDS,
        allow_empty=not asked.required,
        **_options(asked),
    ),
}


class ChangeIntegrationSerializer(serializers.Serializer[Integration]):
    token = TokenField(
        required=False,
        help_text="New token, checked before it is stored. Empty: read without a token.",
    )
    email = AccountField(
        required=False,
        help_text="Owner of the new token (Jira Cloud); omit to keep the present one.",
    )
    paused = serializers.BooleanField(required=False)
    sync_interval_seconds = serializers.IntegerField(
        required=False, min_value=SHORTEST_INTERVAL, max_value=LONGEST_INTERVAL
    )
    token_expires_at = ExpiryField()


class RunQuerySerializer(serializers.Serializer[SyncRun]):
    """Filters of the run list."""

    integration = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    state = serializers.ChoiceField(required=False, choices=SyncRun.State.choices)


# --- out -----------------------------------------------------------------------------------------


class ProgressSerializer(serializers.Serializer[SyncRun]):
    """Progress of a run; `upstream_total` is null if the tracker does not report it."""

    feed = serializers.CharField()
    pages = serializers.IntegerField()
    records_seen = serializers.IntegerField()
    upstream_total = serializers.IntegerField(allow_null=True)


class SyncRunSerializer(serializers.ModelSerializer[SyncRun]):
    """Result of a run; while it is open, its counts so far."""

    integration = serializers.IntegerField(source="integration_id", read_only=True)
    progress = ProgressSerializer(source="*", read_only=True)
    feeds_done = serializers.ListField(child=serializers.CharField(), read_only=True)
    gaps = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = SyncRun
        fields: tuple[str, ...] = (
            "id",
            "integration",
            "kind",
            "trigger",
            "state",
            "progress",
            "feeds_done",
            "requests",
            "not_modified",
            "pages",
            "records_seen",
            "issues_created",
            "issues_updated",
            "issues_unchanged",
            "issues_removed",
            "comments_stored",
            "comments_removed",
            "transitions_stored",
            "skipped",
            "orphaned",
            "quarantined",
            "repaired",
            "upstream_total",
            "upstream_total_at",
            "local_total",
            "gaps",
            "error_kind",
            "error_message",
            "attempts",
            "not_before",
            "created_at",
            "started_at",
            "finished_at",
            "as_of",
        )
        read_only_fields = fields
