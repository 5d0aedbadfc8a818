"""Errors of the API. https://api.stackexchange.com/docs/error-handling"""

from typing import Self

_NAMES = {
    400: "bad_parameter", 401: "access_token_required", 402: "invalid_access_token",
    403: "access_denied", 404: "no_method", 405: "key_required", 500: "internal_error",
    502: "throttle_violation", 503: "temporarily_unavailable",
}  # fmt: skip


class Refused(Exception):
    """Always HTTP 400; `error_id` says what is wrong."""

    def __init__(self, error_id: int, message: str) -> None:
        super().__init__(message)
        self.error_id, self.message = error_id, message

    @classmethod
    def parameter(cls, message: str) -> Self:
        """The name of the parameter alone, as a rule."""
        return cls(400, message)

    @property
    def name(self) -> str:
        return _NAMES.get(self.error_id, "internal_error")
