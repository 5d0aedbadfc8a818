"""Query parameters: a list endpoint takes those it declares and refuses the rest."""

from collections.abc import Iterable
from typing import ClassVar

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView


class KnownParametersMixin(APIView):
    """Answers 400 to a query parameter the endpoint does not know.

    Known are `known_parameters`, the filters of `filterset_class` and the paginator's own.
    Stands first among the bases, so that tokens and roles are looked at before spelling is.
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
        message = f"This parameter is not known here. Known are: {known_names}."
        raise ValidationError({name: [message] for name in unknown})
