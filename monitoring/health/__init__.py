"""How DIIP itself is doing: ready or not, for machines; what is wrong, for operators."""

from monitoring.health.components import Component, HealthReport, State
from monitoring.health.readiness import find_what_is_down
from monitoring.health.reporting import recent_report, report

__all__ = ["Component", "HealthReport", "State", "find_what_is_down", "recent_report", "report"]
