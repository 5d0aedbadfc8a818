"""Where a channel sends, and what it signs with: kept encrypted, never shown again."""

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
    """No key of the ring fits what is stored."""


@dataclass(frozen=True)
class Address:
    url: str = field(repr=False)
    keys: tuple[str, ...] = field(default=(), repr=False)
    """What deliveries are signed with, newest first: two, so that one can be changed in peace."""

    def with_new_key(self) -> "Address":
        made = PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        return replace(self, keys=(made, *self.keys)[:KEYS_KEPT])


def read(channel: AlertChannel) -> Address:
    try:
        stored = crypto.decrypt(channel.secret_ciphertext, row_id=channel.pk)
        return msgspec.json.decode(stored, type=Address)
    except (crypto.TokenUnreadable, msgspec.DecodeError):
        raise AddressUnreadable from None


def keep(channel: AlertChannel, address: Address) -> None:
    """On the instance, which has its id already; saving is the caller's."""
    stored = msgspec.json.encode(address).decode()
    channel.secret_ciphertext = crypto.encrypt(stored, row_id=channel.pk)
    channel.shown_address = urlsplit(address.url).hostname or ""


def check_url(url: str) -> str:
    """Judged when it is saved, and again each time something is sent there."""
    try:
        resolve_allowed(parse_target(url), resolve_name)
    except ProviderError as error:
        raise InvalidInput(error.message, field="url") from None
    return url
