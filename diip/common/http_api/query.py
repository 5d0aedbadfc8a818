"""Refusal of undeclared query parameters."""

from collections.abc import Iterable
from typing import ClassVar

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView


class KnownParametersMixin(APIView):
    """Mixin that returns 400 for an unknown query parameter.

    Known are `known_parameters`, the filters of `filterset_class` and the paginator's parameters.
    Must be the first base, so that token and role are checked before parameters.
    """

    known_parameters: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in ("GET", "HEAD"):
            refuse_unknown_parameters(request.query_params, self.get_known_parameters())

    def get_known_parameters(self) -> frozenset[str]:
        filters = getattr(getattr(self, "filterset_class", None), "base_filters", {})
        return self.known_parameters | frozenset(filters) | self._paging_parameters()

    def _paging_parameters(self) -> frozenset[str]:
        paginator = getattr(self, "pagination_class", None)
        names = ("page_query_param", "page_size_query_param", "cursor_query_param")
        return frozenset(filter(None, (getattr(paginator, name, None) for name in names)))


def refuse_unknown_parameters(given: Iterable[str], known: frozenset[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        known_names = ", ".join(sorted(known)) or "none"
        message = f"Unknown parameter. Known parameters: {known_names}."
        raise ValidationError({name: [message] for name in unknown})
