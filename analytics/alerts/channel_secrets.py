"""A channel's URL and signing keys: stored encrypted, shown once at creation."""

import base64
import secrets
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import msgspec

from analytics.models import AlertChannel
from diip.common.errors import InvalidInput
from integrations.credentials import crypto
from integrations.http.address_guard import parse_target, resolve_allowed, resolve_name
from integrations.providers.contract.base import ProviderError

KEY_BYTES = 32
KEYS_KEPT = 2
PREFIX = "whsec_"


class AddressUnreadable(Exception):
    """Error: the configured encryption keys cannot decrypt the stored value."""


@dataclass(frozen=True)
class Address:
    url: str = field(repr=False)
    keys: tuple[str, ...] = field(default=(), repr=False)
    """Signing keys, newest first; at most two, so that a receiver can rotate them."""

    def with_new_key(self) -> "Address":
        new_key = PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        return replace(self, keys=(new_key, *self.keys)[:KEYS_KEPT])


def read(channel: AlertChannel) -> Address:
    try:
        stored = crypto.decrypt(channel.secret_ciphertext, row_id=channel.pk)
        return msgspec.json.decode(stored, type=Address)
    except (crypto.TokenUnreadable, msgspec.DecodeError):
        raise AddressUnreadable from None


def keep(channel: AlertChannel, address: Address) -> None:
    """Encrypt the address into a channel that has an id; the caller saves it."""
    stored = msgspec.json.encode(address).decode()
    channel.secret_ciphertext = crypto.encrypt(stored, row_id=channel.pk)
    channel.shown_address = urlsplit(address.url).hostname or ""


def check_url(url: str) -> str:
    """Return the URL; raises InvalidInput if its address is forbidden.

    Every delivery checks it again.
    """
    try:
        resolve_allowed(parse_target(url), resolve_name)
    except ProviderError as error:
        raise InvalidInput(error.message, field="url") from None
    return url
