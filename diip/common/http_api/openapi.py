"""OpenAPI schema generation that adds the possible problems of each operation."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from diip.common.http_api.pagination import NumberedPages
from diip.common.http_api.problem_details import CONTENT_TYPE

_REASONS = {
    400: "Malformed request or invalid value.",
    401: "Not signed in, or wrong credentials.",
    403: "Your role does not allow this.",
    404: "Not found or not visible to you; also a page after the last one.",
    406: "The Accept header excludes all formats of this response.",
    409: "Conflict with the current state.",
    413: "The body is too large.",
    415: "The body is not JSON in UTF-8.",
    422: "The tracker refused the connection.",
    429: "Too many requests or attempts. Wait the seconds in `Retry-After`.",
    503: "A required service does not respond. Wait the seconds in `Retry-After`. "
    "With `took_too_long`: narrow the query.",
}


class FieldErrorSerializer(serializers.Serializer[object]):
    field = serializers.CharField(allow_null=True)
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[object]):
    """Problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong and what to do.")
    code = serializers.CharField(help_text="Stable code for programs.")
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment]


class ProblemAutoSchema(AutoSchema):
    """Schema with problems derived from the operation and the view's `problem_statuses`."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        component = self.resolve_serializer(ProblemSerializer, "response")
        for status in sorted(self._problem_statuses()):
            content = {CONTENT_TYPE: {"schema": component.ref}}
            bodies.setdefault(str(status), {"description": _REASONS[status], "content": content})
        return bodies

    def _problem_statuses(self) -> set[int]:
        statuses = {400, 406, 429, 503, *getattr(self.view, "problem_statuses", ())}
        if not any(isinstance(p, AllowAny) for p in self.view.get_permissions()):
            statuses.add(401)
        if "{" in self.path or self._has_numbered_pages():
            statuses.add(404)
        if self.method not in ("GET", "HEAD"):
            statuses |= {413, 415}
            statuses |= {403} if "{project_id}" in self.path else set()
        return statuses

    def _has_numbered_pages(self) -> bool:
        """Return True if the list has numbered pages, so that a page can be missing."""
        paginator = self._get_paginator()  # type: ignore[no-untyped-call]
        return self._is_list_view() and isinstance(paginator, NumberedPages)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return build_bearer_security_scheme_object(
            header_name="Authorization",
            token_prefix="Bearer",  # noqa: S106 - no secret
            bearer_format="JWT",
        )
