"""A request whose header cannot choose how its address is decoded."""

from contextlib import suppress
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Utf8Request(WSGIRequest):
    """Django's lets `charset=` of the Content-Type decode the query string too.

    With a name such as `bz2` or `idna` that raises before any middleware could answer.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = "", {}
        with suppress(ValueError):
            header = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
            self.content_type, self.content_params = header
