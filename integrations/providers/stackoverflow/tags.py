"""Scope of one site and some of its tags, as one text (`stackoverflow:c#;python`)."""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import msgspec

from integrations.providers.contract.base import ProviderConfigError, Scope

DEFAULT_SITE = "stackoverflow"
MAX_TAGS = 20
MAX_SCOPE = 300
_MAX_ID = 64
# https://stackoverflow.com/help/tagging; sites in other languages use their own letters.
_TAG = re.compile(r"[\w+#.-]{1,35}")
_SITE = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,58}[a-z0-9])?")
_OWN_DOMAINS = {"stackoverflow", "serverfault", "superuser", "askubuntu", "stackapps"}


class TagSet(msgspec.Struct, frozen=True):
    site: str
    tags: tuple[str, ...]

    @property
    def scope(self) -> str:
        return f"{self.site}:{';'.join(self.tags)}"

    @property
    def scope_id(self) -> str:
        """Return the scope as id, as tags have no other; a digest if it is too long."""
        if len(self.scope) <= _MAX_ID:
            return self.scope
        return f"sha256:{sha256(self.scope.encode()).hexdigest()[:56]}"

    @property
    def shares_with(self) -> tuple[str, ...]:
        """Return prefixes for all spellings of the site: its tag sets may share questions."""
        names = {short_name(self.site), self.host, self.site}
        return tuple(f"{name}:" for name in sorted(names))

    @property
    def host(self) -> str:
        if self.site.endswith((".com", ".net")):
            return self.site
        if self.site.rpartition(".")[2] in _OWN_DOMAINS:
            return f"{self.site}.com"
        return f"{self.site}.stackexchange.com"

    @property
    def web_url(self) -> str:
        return f"https://{self.host}/questions/tagged/{'+or+'.join(map(quote, self.tags))}"


def short_name(site: str) -> str:
    """Shorten `stackoverflow.com` to `stackoverflow`: the API accepts both names."""
    name = site.strip().lower().removesuffix(".stackexchange.com")
    plain = name.removesuffix(".com")
    return plain if plain.rpartition(".")[2] in _OWN_DOMAINS else name


def tag_set(site: str, tags: Sequence[str]) -> TagSet:
    """Build a valid tag set: lower case, sorted, without repetition.

    Raises ProviderConfigError with the fix.
    """
    site = site.strip().lower() or DEFAULT_SITE
    if not _SITE.fullmatch(site):
        raise ProviderConfigError(
            "This is not a Stack Exchange site. Give its short name, such as stackoverflow."
        )
    names = tuple(sorted({tag.strip().lower() for tag in tags if tag.strip()}))
    if not 0 < len(names) <= MAX_TAGS:
        raise ProviderConfigError(f"Give 1 to {MAX_TAGS} tags.")
    if not all(_TAG.fullmatch(name) for name in names):
        raise ProviderConfigError(
            "A tag has only letters, digits and + # . -, at most 35 characters, and no spaces."
        )
    found = TagSet(site, names)
    if len(found.scope) > MAX_SCOPE:
        raise ProviderConfigError("These are too many tags for one connection. Give fewer tags.")
    return found


def read_scope(scope: Scope) -> TagSet:
    site, _, tags = scope.scope.partition(":")
    return tag_set(site, tags.split(";"))


def scope_of(given: Mapping[str, Any], default_base_url: str) -> Scope:
    tags = given.get("tags") or ()
    words = re.split(r"[;,\s]+", tags) if isinstance(tags, str) else list(tags)
    return Scope(
        base_url=given.get("api_url") or default_base_url,
        scope=tag_set(short_name(given.get("site") or ""), words).scope,
        token=given.get("key") or "",
    )
