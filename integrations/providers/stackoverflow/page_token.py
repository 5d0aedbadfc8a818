"""How far a pass over the tags has come, as a page token."""

import msgspec

from integrations.providers.contract.base import ProviderConfigError
from integrations.providers.stackoverflow.page_anchor import Spot


class Place(msgspec.Struct, frozen=True):
    tag: str
    since: int | None = None
    spot: Spot | None = None
    """Where in the ascending list; None: the newest page comes first."""

    @classmethod
    def read(cls, token: str, tags: tuple[str, ...]) -> "Place":
        """Raises ProviderConfigError of a token that is no place in these tags."""
        try:
            place = msgspec.json.decode(token, type=cls)
        except (ValueError, RecursionError):
            place = cls("")
        if place.tag not in tags:
            raise ProviderConfigError("The pass cannot go on where it stopped: it starts over.")
        return place

    @classmethod
    def first(cls, tag: str, since: int | None) -> "Place":
        return cls(tag, since, Spot() if since is None else None)

    def after(self, tags: tuple[str, ...]) -> "Place | None":
        """The beginning of the next tag."""
        later = tags[tags.index(self.tag) + 1 :]
        return Place.first(later[0], self.since) if later else None

    def token(self) -> str:
        return msgspec.json.encode(self).decode()
