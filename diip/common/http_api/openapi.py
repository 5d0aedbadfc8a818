"""How the API describes itself: every operation with the refusals that really occur."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from diip.common.http_api.pagination import NumberedPages
from diip.common.http_api.problem_details import CONTENT_TYPE

_REASONS = {
    400: "The request is not understood, or a value is refused.",
    401: "Nobody is signed in, or the credentials are wrong.",
    403: "The role does not allow it.",
    404: "It is not there (a page after the last one too), or not visible to the asker.",
    406: "The Accept header takes no form of this answer.",
    409: "It clashes with the present state.",
    413: "The body is too large.",
    415: "The body is not JSON in UTF-8.",
    422: "The tracker refused the connection.",
    429: "Too many requests or tries; `Retry-After` says when to come back.",
    503: "A part that is needed does not answer; `Retry-After` says when to come back. "
    "`took_too_long`: the question was too large, narrow it.",
}


class FieldErrorSerializer(serializers.Serializer[object]):
    field = serializers.CharField(allow_null=True)
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[object]):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong and what to do.")
    code = serializers.CharField(help_text="Stable; for programs.")
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment]


class ProblemAutoSchema(AutoSchema):
    """Adds the problems: those the operation's shape tells, and the view's `problem_statuses`."""

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
        """A page after the last one is not there."""
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
