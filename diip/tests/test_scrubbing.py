"""The filter removes secrets anywhere and keeps ordinary text."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diip.common.observability import scrubbing
from diip.common.observability.scrubbing import (
    is_secret_name,
    know_secrets,
    remember_secret,
    scrub,
    scrub_text,
)

opaque = st.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789_-", min_size=16).map(
    lambda text: f"q7{text}"
)
around = st.text(max_size=60)
names = st.sampled_from(
    [
        "token",
        "Token",
        "access_token",
        "X-Api-Key",
        "api_key",
        "password",
        "new_password1",
        "SECRET_KEY",
        "clientSecret",
        "HTTP_AUTHORIZATION",
        "signature",
        "webhook_secret",
        "SENTRY_DSN",
        "csrfmiddlewaretoken",
        "sessionid",
        "DIIP_ENCRYPTION_KEYS",
        "signing-key",
    ]
)
forms = st.sampled_from(
    [
        "{name}={secret}",
        "{name}: {secret}",
        "'{name}': '{secret}'",
        '"{name}": "{secret}"',
        '\\"{name}\\": \\"{secret}\\"',
        '{{"a": 1, "{name}": ["{secret}", "{secret}"]}}',
        "('{name}', '{secret}')",
        "https://host.example/a?b=1&{name}={secret}&c=2",
        "environ['{name}'] = b'{secret}'",
        "{name}: Bearer {secret}",
    ]
)
shapes = st.sampled_from(
    [
        "ghp_{0}",
        "gho_{0}",
        "github_pat_{0}",
        "ATATT3xFfGF0{0}=1A2B3C4D",
        "xoxb-{0}",
        "https://hooks.slack.com/services/T1/B2/{0}",
        "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoxfQ.{0}",
        "gAAAAAB{0}==",
        "Bearer {0}",
        "Basic {0}==",
        "postgres://diip:{0}@db.example:5432/diip",
        "redis://:{0}@cache.example:6379/0",
        "https://{0}@sentry.example/1",
        "Cookie: theme=dark; sessionid={0}; other={0}",
    ]
)


@given(names, forms, opaque, around)
def test_value_under_a_secret_name_is_removed(name: str, form: str, secret: str, text: str) -> None:
    planted = f"{text} {form.format(name=name, secret=secret)} {text}"

    cleaned = scrub_text(planted)

    assert secret not in cleaned
    assert scrub_text(cleaned) == cleaned


@given(shapes, opaque, around)
def test_secret_shapes_are_removed(shape: str, secret: str, text: str) -> None:
    cleaned = scrub_text(f"{text} {shape.format(secret)} {text}")

    assert secret not in cleaned


@given(opaque, st.integers(min_value=1, max_value=15))
def test_truncated_token_is_removed(secret: str, cut: int) -> None:
    whole = f"eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoxfQ.{secret}"

    assert secret[:3] not in scrub_text(f"refused: {whole[:-cut]}")


@given(st.dictionaries(names, st.recursive(opaque, st.lists, max_leaves=4), min_size=1))
def test_nested_values_under_a_secret_name_are_removed(planted: dict[str, object]) -> None:
    cleaned = json.dumps(scrub({"outer": [planted]}))

    assert "q7" not in cleaned


@given(opaque, around)
def test_known_secret_is_removed_anywhere(secret: str, text: str) -> None:
    remember_secret(secret)

    assert secret not in scrub_text(f"{text}{secret}{text}")


@settings(max_examples=50)
@given(st.text("abcdefghijklmnop qrstuvwxyz.,;()\n0123456789", max_size=300))
def test_plain_text_is_unchanged(text: str) -> None:
    assert scrub_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "The token expired on 12 May; reconnect.",
        "token: the old one was refused",
        "Basic authentication is refused, bearer token missing",
        '{"key": "ABC-12", "project_key": "ABC"} routing_key=sync',
        "GET /api/projects/3/issues/?status=open 200 in 12 ms",
        "https://github.com/@someone/repo?x=@y token_expires_at=2026-01-01",
    ],
)
def test_sentences_about_tokens_stay_readable(text: str) -> None:
    assert scrub_text(text) == text


def test_secret_names_are_recognised() -> None:
    secret = ["key", "API_KEY", "signingKey", "encryption_keys", "Set-Cookie", "new_password2"]
    others = [
        "project_key",
        "monkey",
        "token_count",
        "token_expires_at",
        "Idempotency-Key",
        "email",
    ]

    assert [name for name in [*secret, *others] if is_secret_name(name)] == secret


def test_encoded_process_secrets_are_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scrubbing, "_known", set())
    know_secrets(["p@ss/word of ours", "ab"])

    assert scrub_text("a p%40ss%2Fword%20of%20ours b") == "a *** b"
    assert scrub_text("ab") == "ab"


def test_circular_value_ends() -> None:
    loop: list[object] = []
    loop.append(loop)

    assert "***" in json.dumps(scrub({"a": loop, "b": object(), "c": b"token=abc"}))


def test_row_quoted_by_postgresql_is_removed() -> None:
    message = "DETAIL:  Failing row contains (1, somebody@example.com, x)."

    assert "somebody" not in scrub_text(message)
