"""What Django's resolver knows: every route, and the methods its view accepts."""

import re
from collections.abc import Callable, Iterator

from django.urls import URLPattern, URLResolver, get_resolver

CONVERTER = re.compile(r"<\w+:")
IMPLIED = {"head", "options"}
"""HEAD is GET without the body, OPTIONS is answered by no view; both have tests of their own."""


def list_routes() -> list[str]:
    """`GET api/projects/<project_id>/`, one for each method, without converters."""
    return sorted(
        f"{method} {CONVERTER.sub('<', route) or '/'}"
        for route, pattern in _walk(get_resolver().url_patterns)
        for method in (["GET"] if route.startswith("admin/") else _methods(pattern.callback))
    )


def _walk(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern
        else:
            yield from _walk(pattern.url_patterns, route)


def _methods(callback: Callable[..., object]) -> list[str]:
    """A plain function says nothing of its methods: it is asked with GET."""
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    if view is None:
        return ["GET"]
    actions = getattr(callback, "actions", None)
    offered = actions or [name for name in view.http_method_names if hasattr(view, name)]
    return [name.upper() for name in offered if name not in IMPLIED]
