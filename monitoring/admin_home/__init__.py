"""Admin home page: problems with their fixes, then charts of the last day."""

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

from monitoring import health
from monitoring.admin_home.charts import draw_calls, draw_spikes, draw_states, draw_syncs
from monitoring.admin_home.data import Figures, read_figures
from monitoring.admin_home.health_summary import HealthSummary, summarise

KEY = "admin-home"
CACHE_SECONDS = 10
"""Cache lifetime, so that many viewers cost as much as one."""


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the data of the home page; called by the admin theme."""
    kept: tuple[HealthSummary, Figures] | None = cache.get(KEY)
    summary, figures = kept or _read()
    if kept is None:
        cache.set(KEY, (summary, figures), CACHE_SECONDS)
    return {**context, **_shown(summary, figures)}


def _read() -> tuple[HealthSummary, Figures]:
    return summarise(health.report()), read_figures()


def _shown(summary: HealthSummary, figures: Figures) -> dict[str, object]:
    return {
        "summary": summary,
        "figures": figures,
        "states_picture": draw_states(figures.states),
        "syncs_picture": draw_syncs(figures.syncs),
        "calls_picture": draw_calls(figures.calls),
        "spikes_picture": draw_spikes(figures.spikes),
    }
