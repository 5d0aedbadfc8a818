"""Health report over simulated problems; e2e tests cover real processes."""

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from diip.common.queues.names import QUEUES
from integrations.models import Integration, QuarantinedRecord, SyncRun
from monitoring import broker, health, prometheus
from monitoring.health import Component, State, parallel_probes, queues, servers
from monitoring.health.parallel_probes import Probe
from monitoring.health.queues import QueueFacts, Waiting
from monitoring.heartbeats import SENT_AT, HeartbeatWriter, Kind
from monitoring.models import FailedTask, TaskTally
from projects.services import create_project


@pytest.fixture
def component(db: None, inline_probes: None, empty_broker) -> Callable[[str], Component]:
    """Return a function that reads one component of a new report."""
    return lambda name: health.report().of(name)


@pytest.fixture
def no_broker(component, settings) -> None:
    settings.REDIS_URL = "redis://:hidden@127.0.0.1:1/0"


@pytest.fixture
def integration(make_user) -> Integration:
    project = create_project(owner=make_user(), name="Ours", repo_identifier="octo/own")
    return Integration.objects.create(
        project=project,
        provider="github",
        base_url="https://api.github.com",
        scope="octo/own",
        last_success_at=timezone.now(),
    )


def seen(kind: str, seconds_ago: float, name: str = "it", queues=QUEUES) -> None:
    """Build a process by the age of its heartbeat."""
    writer = HeartbeatWriter(Kind(kind), name, dict, queues=tuple(queues))
    writer.write()
    with broker.connect() as client:
        remaining = settings.DIIP_HEARTBEAT_TIMEOUT - seconds_ago
        client.pexpire(f"diip:heartbeat:{kind}:{name}", round(remaining * 1000))


# --- workers, beat, queues ----------------------------------------------------------------------


def test_no_processes_is_failing(component, settings) -> None:
    settings.DIIP_HEARTBEAT_SECONDS = 0  # nothing is still to come

    assert component("workers").status == State.FAILING
    assert component("beat").status == State.FAILING
    assert component("queues").status == State.FAILING
    assert health.report().status == State.FAILING


@pytest.mark.parametrize(("seconds", "state"), [(1, "ok"), (62, "warning"), (181, "failing")])
@pytest.mark.parametrize("kind", ["workers", "beat"])
def test_silent_process_is_reported(component, monkeypatch, kind, seconds, state) -> None:
    monkeypatch.setattr(broker, "uptime_seconds", lambda: 1000.0)
    seen(kind.removesuffix("s"), seconds)

    assert component(kind).status == state


def test_silent_worker_beside_running_one_is_warning(component) -> None:
    seen("worker", 1, "well")
    seen("worker", 100, "gone")

    found = component("workers")

    assert found.status == State.WARNING
    assert "gone sent its last heartbeat" in found.message


def test_queue_without_worker_is_named(component) -> None:
    seen("worker", 1, queues=[queue for queue in QUEUES if queue != "alerts"])

    assert component("workers").message == "No running worker reads from alerts."


@pytest.mark.parametrize("name", ["workers", "beat"])
def test_broker_outage_only_warns_for_processes(component, no_broker, name) -> None:
    found = component(name)

    assert component("broker").status == State.FAILING
    assert (found.status, found.details) == (State.WARNING, {})
    assert "unknown" in found.message


@pytest.mark.parametrize(
    "gauge", ["diip_workers_alive", "diip_beats_alive", "diip_queue_consumers"]
)
def test_broker_outage_gives_no_process_samples(component, no_broker, gauge) -> None:
    metrics = {metric.name: metric for metric in prometheus.collect(health.report())}

    assert metrics["diip_broker_up"].samples[0].value == 0
    assert metrics[gauge].samples == []


@pytest.mark.parametrize("name", ["workers", "beat"])
def test_restarted_broker_only_warns(component, monkeypatch, name) -> None:
    monkeypatch.setattr(broker, "uptime_seconds", lambda: 3.0)

    assert component(name).status == State.WARNING
    assert "since the broker started" in component(name).message


def test_two_beats_are_ok(component) -> None:
    seen("beat", 1, "one")
    seen("beat", 1, "two")

    assert component("beat").status == State.OK
    assert component("beat").details["alive"] == 2


@pytest.mark.parametrize(
    ("consumers", "worked", "oldest", "state"),
    [
        (1, 10.0, None, "ok"),
        (1, 10.0, 200.0, "ok"),
        (1, 10.0, 400.0, "warning"),
        (1, 200.0, None, "failing"),
        (1, None, None, "failing"),
        (0, 10.0, None, "failing"),
    ],
)
def test_queue_state(consumers, worked, oldest, state) -> None:
    facts = QueueFacts("sync", Waiting(1, oldest), consumers, worked, None)

    assert facts.judge()[0] == state


def test_tally_proves_queue_progress(component) -> None:
    minute = timezone.now().replace(second=0, microsecond=0)
    TaskTally.objects.create(minute=minute, queue="sync", task="t", succeeded=3)

    facts = {each.name: each for each in queues.read_queues()}

    assert facts["sync"].worked_seconds is not None
    assert facts["alerts"].worked_seconds is None


def test_message_age_comes_from_its_header() -> None:
    message = json.dumps({"headers": {SENT_AT: time.time() - 30}, "body": "W10="})

    assert 29 < queues._age(message.encode()) < 90
    assert queues._age(b'{"headers": {}}') is None
    assert queues._age(b"no json") is None
    assert queues._age(None) is None


# --- servers ------------------------------------------------------------------------------------


def test_silent_broker_is_reported_without_address(component, no_broker) -> None:
    found = component("broker")

    assert found.status == State.FAILING
    assert "127.0.0.1" not in str(found)
    assert "hidden" not in str(found)


@pytest.mark.parametrize(
    ("change", "state", "word"),
    [
        ({}, "ok", ""),
        ({"eviction": "allkeys-lru"}, "warning", "noeviction"),
        ({"append_only_file": False}, "warning", "appendonly"),
        ({"memory_allowed_bytes": 110}, "warning", "maxmemory"),
        ({"memory_allowed_bytes": 101}, "failing", "maxmemory"),
        ({"last_write_succeeded": False}, "failing", "disk"),
    ],
)
def test_broker_misconfiguration_is_reported(change, state, word) -> None:
    sound = {
        "answer_ms": 1.0,
        "memory_bytes": 100,
        "memory_allowed_bytes": None,
        "eviction": "noeviction",
        "append_only_file": True,
        "last_write_succeeded": True,
    }

    found = servers._judge_broker(sound | change)

    assert found.status == state
    assert word in found.fix


def test_database_kind_is_reported(component) -> None:
    found = component("database")

    assert found.status == State.OK
    assert found.details["bytes"] > 0


def test_other_probes_work_without_broker(component, no_broker) -> None:
    unanswered = [each.name for each in health.report().components if "answer (" in each.message]

    assert unanswered == ["broker"]


# --- work ---------------------------------------------------------------------------------------


def test_worst_integrations_are_listed_with_fix(component, integration) -> None:
    Integration.objects.update(status="needs_attention", status_reason="auth")

    found = component("integrations")

    assert found.status == State.WARNING
    assert found.details["worst"][0]["scope"] == "octo/own"
    assert found.details["worst"][0]["fix"].startswith("Enter a new token")
    assert found.details["by_status"]["needs_attention"] == 1


def test_unclaimed_sync_is_failing(component, integration) -> None:
    due = timezone.now() - timedelta(minutes=11)
    SyncRun.objects.create(integration=integration, trigger="manual", not_before=due)

    found = component("syncs")

    assert found.status == State.FAILING
    assert found.details["open"]["queued"] == 1
    assert found.details["oldest_unclaimed_seconds"] >= 660


def test_integration_without_sync_is_late(component, integration) -> None:
    assert component("syncs").status == State.OK
    Integration.objects.update(last_success_at=timezone.now() - timedelta(hours=2))

    found = component("syncs")

    assert (found.status, found.details["late"]) == (State.WARNING, 1)


def test_new_quarantined_records_are_reported(component, integration) -> None:
    QuarantinedRecord.objects.create(
        integration=integration, feed="issues", source_id="1", reason="odd", raw=b"{}", raw_size=2
    )

    assert component("quarantine").status == State.WARNING


def test_failed_tasks_are_reported_until_retried(component) -> None:
    FailedTask.objects.create(task="t", queue="sync", error="ValueError")
    assert component("tasks").status == State.WARNING

    FailedTask.objects.update(sent_again_at=timezone.now())

    assert component("tasks").status == State.OK


def test_report_query_count_is_independent_of_integrations(component, integration) -> None:
    with CaptureQueriesContext(connection) as few:
        component("integrations")
    for number in range(5):
        integration.pk, integration.scope = None, f"octo/more{number}"
        integration.save()

    with CaptureQueriesContext(connection) as many:
        component("integrations")

    assert len(many) == len(few)


# --- within bounds ------------------------------------------------------------------------------


def ok(name: str) -> Component:
    return Component(name, State.OK, "well")


class Patience:
    """Timeout that expires only after the quick lane answered, also on a busy machine."""

    @property
    def DIIP_HEALTH_TIMEOUT(self) -> float:  # noqa: N802 the setting's name
        parallel_probes._hanging["test-quick"].join()
        return 0.05


def test_hanging_probe_is_abandoned_and_not_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_probes, "settings", Patience())
    released, calls = threading.Event(), []

    def hang() -> Component:
        calls.append(1)
        released.wait()
        return ok("slow")

    probes = [
        Probe("slow", hang, lane="test-slow", fix="Start it."),
        Probe("behind", lambda: ok("behind"), lane="test-slow"),
        Probe("quick", lambda: ok("quick"), lane="test-quick"),
    ]
    first, second = parallel_probes.run_all(probes), parallel_probes.run_all(probes)
    released.set()

    assert [found.status for found in first] == ["failing", "failing", "ok"]
    assert (first[0].message, first[0].fix) == ("No answer within 0.05 s.", "Start it.")
    assert [found.status for found in second] == ["failing", "failing", "ok"]
    assert calls == [1]


def test_failing_probe_affects_no_other() -> None:
    def refuse() -> Component:
        raise OperationalError("connection to server at 10.1.2.3 failed")

    found = parallel_probes.run_all(
        [Probe("bad", refuse, lane="test"), Probe("good", lambda: ok("good"))]
    )

    assert [each.status for each in found] == ["failing", "ok"]
    assert "10.1.2.3" not in found[0].message
