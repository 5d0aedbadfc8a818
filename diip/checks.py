"""Start-up checks of the settings: report all faults at once, each with its fix."""

import base64
import binascii
import sys
from collections.abc import Iterable, Iterator, Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register, run_checks

from diip.service_checks import check_services

SAMPLE_WORDS = ("change", "example", "sample", "insecure", "replace", "password", "secret-key")
MIN_SECRET_LENGTH = 50
MAKE_SECRET_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(64))"'  # noqa: S105 - a command
MAKE_ENCRYPTION_KEY = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)
EXIT_CODE = 3
"""Exit code after which gunicorn does not restart the worker."""


@register(Tags.security)
def check_production(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    """Report unsafe settings as errors; in production only."""
    if not settings.PRODUCTION:
        return []
    return [
        *_secrets(),
        *_encryption_keys(),
        *_shared_keys(),
        *_web(),
        *_https(),
        *check_services(),
    ]


@register(Tags.security)
def check_renamed_variables(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    """Report variables set under an old name, which would be ignored."""
    return [
        Error(
            f"{old} was renamed.",
            hint=f"Set {settings.RENAMED_VARIABLES[old]} instead, with the same value.",
            id="diip.E018",
        )
        for old in settings.OLD_VARIABLES
    ]


def refuse_unsafe_start(**kwargs: object) -> None:
    """Exit on unsafe settings; for web server, workers and beat, which skip Django's checks."""
    faults = [fault for fault in run_checks(tags=[Tags.security]) if fault.is_serious()]
    if faults:
        sys.stderr.write("DIIP cannot start with these settings:\n")
        sys.stderr.writelines(f"{fault}\n" for fault in faults)
        raise SystemExit(EXIT_CODE)


def _secrets() -> Iterator[CheckMessage]:
    if settings.SECRET_KEY_IS_MISSING:
        yield Error(
            "SECRET_KEY is not set.", hint=f"Generate one: {MAKE_SECRET_KEY}", id="diip.E001"
        )
    elif _is_weak(settings.SECRET_KEY):
        yield Error(
            f"SECRET_KEY is a sample or shorter than {MIN_SECRET_LENGTH} characters.",
            hint=f"Generate one: {MAKE_SECRET_KEY}",
            id="diip.E002",
        )
    if _is_weak(settings.JWT_SIGNING_KEY):
        yield Error(
            f"JWT_SIGNING_KEY is a sample or shorter than {MIN_SECRET_LENGTH} characters.",
            hint="Leave it unset: it is then derived from SECRET_KEY.",
            id="diip.E003",
        )


def _encryption_keys() -> Iterator[CheckMessage]:
    hint = f"Generate one: {MAKE_ENCRYPTION_KEY}"
    if not settings.DIIP_ENCRYPTION_KEYS:
        yield Error("DIIP_ENCRYPTION_KEYS is not set.", hint=hint, id="diip.E004")
    for place, key in enumerate(settings.DIIP_ENCRYPTION_KEYS, start=1):
        if not _is_fernet_key(key):
            message = f"Key {place} of DIIP_ENCRYPTION_KEYS is a sample or not a Fernet key."
            yield Error(message, hint=hint, id="diip.E005")


def _shared_keys() -> Iterator[CheckMessage]:
    keys = [settings.SECRET_KEY, settings.JWT_SIGNING_KEY, *settings.DIIP_ENCRYPTION_KEYS]
    if len(set(keys)) < len(keys):
        yield Error(
            "SECRET_KEY, JWT_SIGNING_KEY and DIIP_ENCRYPTION_KEYS share a key.",
            hint="Use a different key for each, so that one leak does not expose the others.",
            id="diip.E006",
        )


def _web() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error("DEBUG is on.", hint="Set DEBUG=false.", id="diip.E007")
    if not settings.ALLOWED_HOSTS or _has_wildcard(settings.ALLOWED_HOSTS):
        yield Error(
            "ALLOWED_HOSTS is empty or allows any host.",
            hint="List the host names of DIIP: ALLOWED_HOSTS=diip.my.org",
            id="diip.E008",
        )
    if settings.CORS_ALLOW_ALL_ORIGINS or _has_wildcard(settings.CORS_ALLOWED_ORIGINS):
        yield Error(
            "CORS_ALLOWED_ORIGINS allows any origin.",
            hint="List the origins, or leave it unset.",
            id="diip.E009",
        )
    if settings.NUM_PROXIES is None:
        yield Error(
            "NUM_PROXIES is not set.",
            hint="Set it to the number of your reverse proxies: 0 for none, 1 behind nginx.",
            id="diip.E010",
        )


def _https() -> Iterator[CheckMessage]:
    if not settings.HTTPS and not settings.PLAIN_HTTP_IS_WANTED:
        yield Error(
            "DIIP_HTTPS is off: passwords and tokens are sent unencrypted.",
            hint="Unset it and put TLS in front. "
            "To test without TLS, set DIIP_ALLOW_PLAIN_HTTP=true.",
            id="diip.E017",
        )


def _is_weak(secret: str) -> bool:
    lowered = secret.lower()
    is_sample = any(word in lowered for word in SAMPLE_WORDS) or len(set(secret)) < 10
    return is_sample or len(secret) < MIN_SECRET_LENGTH


def _is_fernet_key(key: str) -> bool:
    try:
        raw = base64.urlsafe_b64decode(key)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == 32 and len(set(raw)) >= 10


def _has_wildcard(names: Iterable[str]) -> bool:
    return any(name in ("*", ".", "") or name.startswith("*") for name in names)
