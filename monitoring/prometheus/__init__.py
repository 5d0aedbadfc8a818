"""What `/metrics` tells beside the requests: the figures of the health report.

All of it is asked when somebody scrapes, of the database and the broker, so it is right whichever
process answers. Nothing here is a counter: rows that are counted are dropped after a while, and a
counter must not fall. What happened is told as "recent": in the last five minutes or hour.
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
