"""Page-number pagination for small lists; long lists use cursors."""

from typing import Any

from django.core.paginator import Paginator
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from diip.common.errors import InvalidInput

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


def read_page_size(request: Request) -> int:
    """Return `?page_size=`: default 50, at most 200. Raises InvalidInput."""
    return min(_read_number(request, "page_size", DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)


class NumberedPages(PageNumberPagination):
    """Pagination by `?page=` and `?page_size=`; returns count, next, previous, results."""

    page_size = DEFAULT_PAGE_SIZE
    page_size_query_param = "page_size"
    page_size_query_description = f"Results per page, at most {MAX_PAGE_SIZE}."
    max_page_size = MAX_PAGE_SIZE
    invalid_page_message = "There is no page {page_number}; start at page 1 and follow `next`."

    def get_page_size(self, request: Request) -> int:
        return read_page_size(request)

    def get_page_number(self, request: Request, paginator: "Paginator[Any]") -> int:
        return _read_number(request, self.page_query_param, default=1)


def _read_number(request: Request, name: str, default: int) -> int:
    raw = request.query_params.get(name)
    if raw is None:
        return default
    if not (raw.isascii() and raw.isdecimal() and len(raw) <= 9 and int(raw) >= 1):
        raise InvalidInput(f"{name} must be a whole number of at least 1.", field=name)
    return int(raw)
