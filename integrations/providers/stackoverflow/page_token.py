"""Page token for the position of a pass over the tags."""

import msgspec

from integrations.providers.contract.base import ProviderConfigError
from integrations.providers.stackoverflow.page_anchor import Spot


class Place(msgspec.Struct, frozen=True):
    tag: str
    since: int | None = None
    spot: Spot | None = None
    """Position in the ascending list; None to read the newest page first."""

    @classmethod
    def read(cls, token: str, tags: tuple[str, ...]) -> "Place":
        """Parse a token. Raises ProviderConfigError if it does not match the tags."""
        try:
            place = msgspec.json.decode(token, type=cls)
        except (ValueError, RecursionError):
            place = cls("")
        if place.tag not in tags:
            raise ProviderConfigError("The pass cannot continue where it stopped. It starts again.")
        return place

    @classmethod
    def first(cls, tag: str, since: int | None) -> "Place":
        return cls(tag, since, Spot() if since is None else None)

    def after(self, tags: tuple[str, ...]) -> "Place | None":
        """Return the beginning of the next tag; None after the last one."""
        later = tags[tags.index(self.tag) + 1 :]
        return Place.first(later[0], self.since) if later else None

    def token(self) -> str:
        return msgspec.json.encode(self).decode()
