"""Template filters for numbers on the admin home page."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django import template
from django.utils.safestring import SafeString

from accounts.admin_base.columns import age, span
from monitoring.admin_home.charts import STATES

register = template.Library()


@register.filter
def ago(moment: datetime) -> SafeString | str:
    return age(moment)


@register.filter
def seconds(count: float) -> str:
    return span(timedelta(seconds=count))


@register.filter
def grouped(count: int) -> str:
    return f"{count:,}"


@register.filter
def total(counts: Sequence[int]) -> str:
    return f"{sum(counts):,}"


@register.filter
def share_of(part: int, whole: int) -> str:
    """Format a percentage; a small non-zero share never reads 0 %."""
    if not part:
        return "0 %"
    share = 100 * part / whole
    return f"{share:.1f} %" if share >= 0.1 else "under 0.1 %"


@register.filter
def words(code: str) -> str:
    return code.replace("_", " ")


@register.filter
def state_kind(status: str) -> str:
    return STATES.get(status, "plain")
