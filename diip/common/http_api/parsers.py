"""Parser of request bodies: a JSON object, with limits."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from diip.common.http_api.strict_json import JsonRefused, guarded_loads

__all__ = ["GuardedJSONParser", "guarded_loads"]


class GuardedJSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        # `.body` instead of the stream: Django bounds it by DATA_UPLOAD_MAX_MEMORY_SIZE.
        body = parser_context["request"].body if parser_context else stream.read()
        try:
            value = guarded_loads(body)
        except JsonRefused as refused:
            raise ParseError(str(refused)) from refused
        if not isinstance(value, dict):
            raise ParseError("Send a JSON object: { … }.")
        return value
