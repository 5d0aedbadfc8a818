"""The admin's first page: what is broken and what to do, then pictures of the last day."""

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

from monitoring import health
from monitoring.admin_home.charts import draw_calls, draw_spikes, draw_states, draw_syncs
from monitoring.admin_home.data import Figures, read_figures
from monitoring.admin_home.health_summary import Strip, summarise

KEY = "admin-front-page"
KEPT_SECONDS = 10
"""Several people who watch cost no more than one."""


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The theme's hook for its index page."""
    kept: tuple[Strip, Figures] | None = cache.get(KEY)
    strip, figures = kept or _read()
    if kept is None:
        cache.set(KEY, (strip, figures), KEPT_SECONDS)
    return {**context, **_shown(strip, figures)}


def _read() -> tuple[Strip, Figures]:
    return summarise(health.report()), read_figures()


def _shown(strip: Strip, figures: Figures) -> dict[str, object]:
    return {
        "strip": strip,
        "figures": figures,
        "states_picture": draw_states(figures.states),
        "syncs_picture": draw_syncs(figures.syncs),
        "calls_picture": draw_calls(figures.calls),
        "spikes_picture": draw_spikes(figures.spikes),
    }
