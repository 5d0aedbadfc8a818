"""Formatting of values in admin lists."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from django.contrib.admin import display
else:
    from unfold.decorators import display

__all__ = ["age", "as_json", "display", "label", "link_to", "link_to_list", "side_by_side", "span"]


def span(length: timedelta) -> str:
    """Format a duration in its largest unit: 40 s, 12 min, 3 h, 2 days."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 90:
        return f"{seconds} s"
    if seconds < 90 * 60:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"


def age(moment: datetime | None, *, nothing: str = "never") -> SafeString | str:
    """Format the distance from now; the tooltip shows the exact time.

    `nothing` is the text for None.
    """
    if moment is None:
        return nothing
    passed = timezone.now() - moment
    words = f"{span(passed)} ago" if passed >= timedelta(0) else f"in {span(-passed)}"
    exact = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, words)


def label(text: str, kinds: Mapping[str, str]) -> SafeString | str:
    """Format a coloured label; the word carries the meaning without the colour."""
    if not text:
        return "-"
    kind = kinds.get(text, "plain")
    return format_html('<span class="diip-label diip-{}">{}</span>', kind, text.replace("_", " "))


def link_to(row: Any, text: str = "") -> SafeString | str:
    """Link to the admin page of a row; "-" for None."""
    if row is None:
        return "-"
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}" class="diip-link">{}</a>', url, text or str(row))


def link_to_list(model: str, text: str, **filters: object) -> SafeString:
    """Link to a filtered list: `link_to_list("issues_issue", "done", status="done")`."""
    url = reverse(f"admin:{model}_changelist")
    return format_html('<a href="{}?{}" class="diip-link">{}</a>', url, urlencode(filters), text)


def side_by_side(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join(" · ", "{}", ((part,) for part in parts))


def as_json(value: object) -> SafeString | str:
    if not value:
        return "-"
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre class="diip-pre">{}</pre>', text)
