"""Gauges of `/metrics` besides the request metrics: figures of the health report.

They are read from the database and the broker at each scrape, so every process returns the same.
None is a counter: counted rows are deleted in time, and a counter must not fall. Events are given
as "recent": those of the last five minutes or hour.
"""

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from monitoring.health import HealthReport
from monitoring.prometheus.gauges import Gauge
from monitoring.prometheus.server_gauges import GAUGES as OF_SERVERS
from monitoring.prometheus.work_gauges import GAUGES as OF_WORK

GAUGES: tuple[Gauge, ...] = (*OF_SERVERS, *OF_WORK)


def collect(report: HealthReport) -> Iterator[Metric]:
    for gauge in GAUGES:
        family = GaugeMetricFamily(gauge.name, gauge.text, labels=gauge.labels)
        for labels, number in gauge.read(report):
            family.add_metric(labels, number)
        yield family
