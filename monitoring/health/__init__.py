"""Health of DIIP: readiness for machines, a report with fixes for operators."""

from monitoring.health.components import Component, HealthReport, State
from monitoring.health.readiness import find_what_is_down
from monitoring.health.reporting import recent_report, report

__all__ = ["Component", "HealthReport", "State", "find_what_is_down", "recent_report", "report"]
