"""`/metrics`: access and content; rules and dashboard use existing metrics."""

import json
import multiprocessing
import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
import yaml
from django.test import Client

from diip.common.queues.names import QUEUES
from integrations.models import Integration
from monitoring.health import parallel_probes, reporting
from monitoring.prometheus import GAUGES, request_metrics
from monitoring.prometheus.request_metrics import RequestCounts

ROOT = Path(__file__).resolve().parent.parent.parent
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((ROOT / "deploy/grafana/diip.json").read_text())
LABELS = (("route", "x/"), ("method", "GET"))


@pytest.fixture
def counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RequestCounts:
    counts = RequestCounts(tmp_path)
    monkeypatch.setattr(request_metrics, "counts", counts)
    monkeypatch.setattr("monitoring.api.metrics_views.counts", counts)
    return counts


def numbers(counts: RequestCounts) -> dict[str, float]:
    """Return samples by name and bucket bound."""
    samples = (sample for metric in counts.collect() for sample in metric.samples)
    return {sample.name + sample.labels.get("le", ""): sample.value for sample in samples}


# --- who may ------------------------------------------------------------------------------------


@pytest.fixture
def far(settings) -> Client:
    settings.DIIP_METRICS_TOKEN = "sesame"
    return Client(REMOTE_ADDR="203.0.113.7")


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", "Basic sesame", "Bearer sésame"])
def test_unauthorised_client_gets_404(far: Client, given: str) -> None:
    assert far.get("/metrics", headers={"Authorization": given}).status_code == 404


def test_token_grants_access(far: Client, db: None, inline_probes: None) -> None:
    answer = far.get("/metrics", headers={"Authorization": "Bearer sesame"})

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")


def test_token_allows_any_host(far: Client, settings, db: None, inline_probes: None) -> None:
    settings.ALLOWED_HOSTS = ["diip.example.com"]
    token = {"Authorization": "Bearer sesame"}

    assert far.get("/metrics", headers=token, HTTP_HOST="web:8000").status_code == 200
    assert far.get("/metrics", headers=token, HTTP_HOST="10.1.2.3:8000").status_code == 200
    assert far.get("/metrics", HTTP_HOST="web:8000").status_code == 404


def test_allowed_network_needs_allowed_host(settings, db: None, inline_probes: None) -> None:
    """Prevent DNS rebinding through a browser on this machine."""
    settings.ALLOWED_HOSTS = ["localhost"]

    assert Client().get("/metrics", HTTP_HOST="localhost:8000").status_code == 200
    assert Client().get("/metrics", HTTP_HOST="evil.example").status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_accept_an_address_as_host(settings, db: None, path: str) -> None:
    settings.ALLOWED_HOSTS = ["diip.example.com"]

    assert Client().get(path, HTTP_HOST="10.1.2.3:8000").status_code in (200, 503)
    assert Client().get("/admin/login/", HTTP_HOST="10.1.2.3:8000").status_code == 400


def test_unset_token_does_not_match_empty_token(far: Client, settings) -> None:
    settings.DIIP_METRICS_TOKEN = ""

    assert far.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_network_check_uses_client_behind_proxy(settings, db: None, inline_probes: None) -> None:
    settings.DIIP_METRICS_ALLOWED = [ip_network("10.1.0.0/16"), ip_network("2001:db8::1/128")]
    settings.NUM_PROXIES = 1

    def ask(forwarded: str) -> int:
        return Client().get("/metrics", headers={"X-Forwarded-For": forwarded}).status_code

    assert ask("10.1.2.3") == ask("2001:db8::1") == ask("::ffff:10.1.2.3") == 200
    assert ask("10.1.2.3, 203.0.113.7") == ask("2001:db8::2") == 404


# --- requests -----------------------------------------------------------------------------------


def test_requests_are_counted_by_route_template(counts: RequestCounts, db: None) -> None:
    client = Client()
    for path in ("/api/projects/1/", "/api/projects/2/", "/nowhere/7/", "/healthz"):
        client.get(path)
    client.generic("BREW", "/healthz")

    found = {
        (sample.labels["route"], sample.labels["method"], sample.labels["status"]): sample.value
        for metric in counts.collect()
        for sample in metric.samples
        if sample.name == "diip_http_requests_total"
    }
    assert found == {
        ("api/projects/<project_id>/", "GET", "4xx"): 2,
        ("(none)", "GET", "4xx"): 1,
        ("healthz", "GET", "2xx"): 1,
        ("healthz", "other", "4xx"): 1,
    }


def test_durations_fall_into_buckets(counts: RequestCounts) -> None:
    for seconds in (0.003, 0.1, 0.2, 99.0):
        counts.add(LABELS, "2xx", seconds)

    found = numbers(counts)

    name = "diip_http_request_seconds"
    assert found[f"{name}_bucket0.01"] == 1
    assert found[f"{name}_bucket0.1"] == 2
    assert found[f"{name}_bucket10.0"] == 3
    assert found[f"{name}_bucket+Inf"] == found[f"{name}_count"] == 4
    assert found[f"{name}_sum"] == pytest.approx(99.303)


def count_some(folder: Path, times: int) -> None:
    counts = RequestCounts(folder)
    for _ in range(times):
        counts.add(LABELS, "2xx", 0.1)


def test_processes_are_summed_and_files_are_reused(tmp_path: Path) -> None:
    mine = RequestCounts(tmp_path)
    mine.add(LABELS, "2xx", 0.1)
    for _ in range(3):
        other = multiprocessing.get_context("fork").Process(target=count_some, args=(tmp_path, 10))
        other.start()
        other.join()

    assert numbers(mine)["diip_http_requests_total"] == 31
    assert len(list(tmp_path.rglob("counter_*.db"))) == 2


def test_forked_process_uses_its_own_files(tmp_path: Path) -> None:
    counts = RequestCounts(tmp_path)
    counts.add(LABELS, "2xx", 0.1)
    child = multiprocessing.get_context("fork").Process(
        target=counts.add, args=(LABELS, "2xx", 0.1)
    )
    child.start()
    child.join()
    counts.add(LABELS, "2xx", 0.1)

    assert numbers(counts)["diip_http_requests_total"] == 3


def test_unwritable_directory_does_not_stop_requests(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    counts = RequestCounts(tmp_path / "file")

    counts.add(LABELS, "2xx", 0.1)

    assert numbers(counts) == {}


# --- gauges, rules, dashboard -------------------------------------------------------------------


@pytest.fixture
def silent_servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def nothing(probes: list[parallel_probes.Probe]) -> tuple:
        def refuse() -> None:
            raise OSError

        return tuple(
            parallel_probes.run_one(parallel_probes.Probe(probe.name, refuse)) for probe in probes
        )

    monkeypatch.setattr(parallel_probes, "run_all", nothing)
    reporting._last.clear()
    yield
    reporting._last.clear()


def test_metrics_respond_without_servers(silent_servers: None, counts: RequestCounts) -> None:
    Client().get("/healthz")

    page = Client().get("/metrics").content.decode()

    assert "diip_database_up 0.0" in page
    assert "diip_broker_up 0.0" in page
    assert 'route="healthz"' in page
    assert "diip_scrape_seconds" in page


def test_report_is_cached_for_seconds(
    db: None, inline_probes: None, django_assert_num_queries
) -> None:
    Client().get("/metrics")

    with django_assert_num_queries(0):
        Client().get("/metrics")


def exported() -> set[str]:
    requests = {request_metrics.COUNTER[0] + "_total"}
    requests |= {f"{request_metrics.HISTOGRAM[0]}_{part}" for part in ("bucket", "sum", "count")}
    return {gauge.name for gauge in GAUGES} | requests | {"diip_scrape_seconds"}


def asked_for(expression: str) -> set[str]:
    return set(re.findall(r"\bdiip_\w+", expression))


def test_names_are_unique() -> None:
    names = [gauge.name for gauge in GAUGES]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_rules_use_existing_metrics_and_have_a_fix(rule) -> None:
    assert asked_for(rule["expr"]) <= exported()
    assert asked_for(rule["expr"]) or rule["expr"].startswith("up{")
    assert rule["expr"].count("(") == rule["expr"].count(")")
    assert re.fullmatch(r"\d+[mh]", rule["for"])
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"].keys() == {"summary", "runbook"}


def labels_of(name: str) -> set[str]:
    ours = {gauge.name: set(gauge.labels) for gauge in GAUGES}
    requests = {"route", "method"}
    ours |= {"diip_http_requests_total": requests | {"status"}}
    ours |= {"diip_http_request_seconds_bucket": requests | {"le"}}
    return ours[name] | {"instance", "job"}


KNOWN_VALUES = {
    "queue": set(QUEUES),
    "outcome": {"succeeded", "failed"},
    "status_class": {"2xx", "3xx", "4xx", "5xx", "none"},
    "status": {"2xx", "3xx", "4xx", "5xx", *Integration.Status.values},
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_rules_use_existing_labels_and_values(rule) -> None:
    for name, matchers in re.findall(r"(diip_\w+)\{([^}]*)\}", rule["expr"]):
        for label, value in re.findall(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"', matchers):
            assert label in labels_of(name)
            assert label not in KNOWN_VALUES or set(value.split("|")) <= KNOWN_VALUES[label]
    known = set().union(*(labels_of(name) for name in asked_for(rule["expr"])))
    for grouped in re.findall(r"by \(([^)]*)\)", rule["expr"]):
        assert set(re.split(r",\s*", grouped)) <= known


def test_dashboard_uses_existing_metrics() -> None:
    expressions = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]

    assert len(expressions) > 20
    for expression in expressions:
        assert asked_for(expression)
        assert asked_for(expression) <= exported()
        assert expression.count("(") == expression.count(")")


def test_documented_metrics_exist() -> None:
    page = (ROOT / "docs/monitoring.md").read_text()

    assert asked_for(page) <= exported()
