"""The API's description and the page to read it on, served from here alone."""

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request


class SchemaView(SpectacularAPIView):
    """OpenAPI 3 as JSON, or as YAML where the Accept header asks for it."""

    renderer_classes = [OpenApiJsonRenderer, JSONRenderer, OpenApiYamlRenderer]

    def _get_version_parameter(self, request: Request) -> None:
        """There is one version; what a query says never reaches a header."""


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI with its script apart, so that the page needs no inline script."""

    url_name = "schema"


@require_safe
def to_docs(request: HttpRequest) -> HttpResponseRedirect:
    """Whoever comes to the front door is shown what there is."""
    return redirect("docs")
