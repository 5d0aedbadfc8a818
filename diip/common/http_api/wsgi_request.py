"""Request class that ignores the client's charset when decoding the URL."""

from contextlib import suppress
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Utf8Request(WSGIRequest):
    """Request that decodes the query string as UTF-8.

    Django also applies `charset=` of the Content-Type to the query string. A name such as `bz2`
    or `idna` then raises before any middleware can respond.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = "", {}
        with suppress(ValueError):
            header = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
            self.content_type, self.content_params = header
