"""What endpoints are asked with, and what they give back."""

import msgspec

from simulator.web import Request

from .access import Token
from .state import Shelf


class NotThere(Exception):
    """404, also for what the asker may not see."""


class Refused(Exception):
    def __init__(self, status: int, message: str, docs: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.docs = status, message, docs


class Visit(msgspec.Struct, frozen=True):
    """A request that has passed the door."""

    request: Request
    path: str
    token: Token | None
    newest_version: bool = False


class Served(msgspec.Struct, frozen=True):
    value: object
    link: str = ""
    rows: int | None = None


def may_see(shelf: Shelf, token: Token | None) -> bool:
    if not shelf.repository.private:
        return True
    names = token.repositories if token else ()
    return names is None or shelf.repository.full_name in names
