"""Charts of the report, in the order of the page."""

from collections.abc import Callable, Mapping

from analytics.charts import aging, flow, resolution, response, workload
from analytics.charts.data import Report
from analytics.charts.svg import Chart

CHARTS: Mapping[str, Callable[[Report], Chart]] = {
    "flow": lambda report: flow.draw(report.flow),
    "resolution": lambda report: resolution.draw(report.resolution),
    "aging": lambda report: aging.draw(report.aging),
    "response": lambda report: response.draw(report.response),
    "workload": lambda report: workload.draw(report.workload),
}
