"""OpenAPI schema and Swagger UI, served without external hosts."""

from collections.abc import Mapping
from functools import cache

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response


class SchemaView(SpectacularAPIView):
    """OpenAPI 3 schema as JSON, or as YAML by Accept header."""

    renderer_classes = [OpenApiJsonRenderer, JSONRenderer, OpenApiYamlRenderer]

    def _get_schema_response(self, request: Request) -> Response:
        """Return the schema, generated once per process because it takes seconds."""
        return Response(_describe())

    def _get_version_parameter(self, request: Request) -> None:
        """Return None: one version exists, and the query must not reach a header."""


@cache
def _describe() -> Mapping[str, object]:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    described: Mapping[str, object] = generator.get_schema(  # type: ignore[no-untyped-call]
        request=None, public=True
    )
    return described


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI with a separate script, so that the page needs no inline script."""

    url_name = "schema"


@require_safe
def to_docs(request: HttpRequest) -> HttpResponseRedirect:
    """Redirect to the API documentation."""
    return redirect("docs")
