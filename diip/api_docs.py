"""The API's description and the page to read it on, served from here alone."""

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
    """OpenAPI 3 as JSON, or as YAML where the Accept header asks for it."""

    renderer_classes = [OpenApiJsonRenderer, JSONRenderer, OpenApiYamlRenderer]

    def _get_schema_response(self, request: Request) -> Response:
        """Worked out once a process: it is the same for all, and costs seconds of work."""
        return Response(_describe())

    def _get_version_parameter(self, request: Request) -> None:
        """There is one version; what a query says never reaches a header."""


@cache
def _describe() -> Mapping[str, object]:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    described: Mapping[str, object] = generator.get_schema(  # type: ignore[no-untyped-call]
        request=None, public=True
    )
    return described


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI with its script apart, so that the page needs no inline script."""

    url_name = "schema"


@require_safe
def to_docs(request: HttpRequest) -> HttpResponseRedirect:
    """Whoever comes to the front door is shown what there is."""
    return redirect("docs")
