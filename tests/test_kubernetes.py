"""The manifests hold together: no cluster is asked, the documents are compared with each other."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from diip.common.queues.names import QUEUES

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "deploy" / "kubernetes"
NOT_OURS = {"REMAP_SIGTERM"}
"""Celery's own."""
Document = dict[str, Any]


def documents() -> list[Document]:
    files = sorted(FOLDER.glob("*.yaml"))
    return [found for file in files for found in yaml.safe_load_all(file.read_text())]


def of_kind(kind: str) -> list[Document]:
    return [document for document in documents() if document["kind"] == kind]


DEPLOYMENTS = of_kind("Deployment")
WORKLOADS = [*DEPLOYMENTS, *of_kind("Job")]


def pod(workload: Document) -> Document:
    found: Document = workload["spec"]["template"]["spec"]
    return found


def name(document: Document) -> str:
    return str(document["metadata"]["name"])


def containers(workload: Document) -> list[Document]:
    return [*pod(workload).get("initContainers", []), *pod(workload)["containers"]]


def part(workload: Document) -> str:
    return str(workload["spec"]["template"]["metadata"]["labels"]["part"])


def environment(container: Document) -> Iterator[str]:
    yield from (variable["name"] for variable in container.get("env", []))


def test_every_file_is_listed_or_a_pattern() -> None:
    (kustomization,) = of_kind("Kustomization")
    files = {file.name for file in FOLDER.glob("*.yaml")}

    patterns = {"gateway.example.yaml", "secret.example.yaml"}
    assert files - set(kustomization["resources"]) == {"kustomization.yaml", *patterns}


@pytest.mark.parametrize("workload", WORKLOADS, ids=name)
def test_pod_has_no_rights_it_does_not_need(workload: Document) -> None:
    spec = pod(workload)

    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(workload):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@pytest.mark.parametrize("workload", WORKLOADS, ids=name)
def test_container_says_what_it_needs_and_whether_it_lives(workload: Document) -> None:
    for container in containers(workload):
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert "memory" in container["resources"]["limits"]
    for container in pod(workload)["containers"]:
        assert "livenessProbe" in container or workload["kind"] == "Job"


def test_every_queue_has_a_worker() -> None:
    commands = " ".join(
        part for each in WORKLOADS for box in pod(each)["containers"] for part in box["command"]
    )
    served = [
        queue for names in re.findall(r"--queues=(\S+)", commands) for queue in names.split(",")
    ]

    assert sorted(served) == sorted(QUEUES)


def test_every_queue_has_a_worker_under_compose_too() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    served = [queue for names in re.findall(r"--queues=(\S+)", text) for queue in names.split(",")]

    assert sorted(served) == sorted(QUEUES)


def test_every_variable_is_a_setting() -> None:
    listed = set(
        re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    given = {key for document in of_kind("ConfigMap") for key in document["data"]}
    given |= {key for document in of_kind("Secret") for key in document["stringData"]}
    for workload in WORKLOADS:
        for container in containers(workload):
            given |= set(environment(container))

    assert given - listed == NOT_OURS


def test_selectors_find_their_pods() -> None:
    labels = [workload["spec"]["template"]["metadata"]["labels"] for workload in WORKLOADS]
    for each in [*of_kind("Deployment"), *of_kind("PodDisruptionBudget")]:
        assert each["spec"]["selector"]["matchLabels"] in labels
    for service in of_kind("Service"):
        assert service["spec"]["selector"] in labels


def test_what_is_scaled_exists_and_bears_a_disruption() -> None:
    deployments = {name(each) for each in of_kind("Deployment")}

    assert {name(each) for each in of_kind("HorizontalPodAutoscaler")} == deployments - {"beat"}
    assert {name(each) for each in of_kind("PodDisruptionBudget")} == deployments - {"beat"}


def test_probes_and_metrics_have_no_way_in() -> None:
    (ingress,) = of_kind("Ingress")
    paths = {path["path"] for path in ingress["spec"]["rules"][0]["http"]["paths"]}

    assert paths == {"/api", "/admin", "/tasks", "/static"}


def test_the_gateway_leads_where_the_ingress_leads() -> None:
    (ingress,) = of_kind("Ingress")
    (route,) = of_kind("HTTPRoute")
    ours = {path["path"] for path in ingress["spec"]["rules"][0]["http"]["paths"]}
    matches = [match for rule in route["spec"]["rules"] for match in rule["matches"]]

    assert {match["path"]["value"] for match in matches} == ours


def test_the_ingress_buffers_answers_and_writes_no_queries() -> None:
    (ingress,) = of_kind("Ingress")
    annotations = ingress["metadata"]["annotations"]

    assert annotations["nginx.ingress.kubernetes.io/proxy-buffering"] == "on"
    assert annotations["nginx.ingress.kubernetes.io/enable-access-log"] == "false"


# --- starting and staying -----------------------------------------------------------------------


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name)
def test_new_code_waits_for_its_tables(deployment: Document) -> None:
    commands = [" ".join(box["command"]) for box in pod(deployment)["initContainers"]]

    assert any("until python manage.py migrate --check" in command for command in commands)


def test_the_wait_ends_when_the_tables_are_there(tmp_path: Path) -> None:
    (command,) = {tuple(pod(each)["initContainers"][0]["command"]) for each in DEPLOYMENTS}
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {"PATH": programs, "DIIP_ENV_FILE": "", "DIIP_VAR_DIR": str(tmp_path)}

    def run(*command: str) -> int:
        return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode

    assert run("python", "manage.py", "migrate", "--check", "-v", "0") == 1
    assert run("python", "manage.py", "migrate", "-v", "0") == 0
    assert run(*command) == 0


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name)
def test_a_broker_that_is_gone_restarts_nobody(deployment: Document) -> None:
    (container,) = pod(deployment)["containers"]
    kind = part(deployment).partition("-")[0]
    told = {
        "web": {"httpGet": {"path": "/healthz", "port": "http"}},
        "worker": {"exec": {"command": ["python", "-m", "monitoring.readiness_check", "worker"]}},
        "beat": {"exec": {"command": ["python", "-m", "monitoring.readiness_check", "beat"]}},
    }

    assert told[kind].items() <= container["livenessProbe"].items()


# --- the read-only root -------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["DIIP_METRICS_DIR", "DIIP_ALIVE_FILE"])
@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name)
def test_what_is_written_lies_in_a_volume(deployment: Document, variable: str) -> None:
    (settings,) = of_kind("ConfigMap")
    (container,) = pod(deployment)["containers"]
    writable = [Path(mount["mountPath"]) for mount in container["volumeMounts"]]

    assert any(folder in Path(settings["data"][variable]).parents for folder in writable)


SCRAPE = """
import django
django.setup()
from django.test import Client
pod = {"HTTP_HOST": "10.1.2.3:8000", "HTTP_AUTHORIZATION": "Bearer sesame"}
Client().get("/healthz", **pod)
print(Client().get("/metrics", **pod).content.decode())
"""


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> str:
    """`/metrics` under the manifests' environment: only what lies under /tmp can be written."""
    (settings,) = of_kind("ConfigMap")
    folder = tmp_path_factory.mktemp("tmp")
    given = {key: re.sub(r"^/tmp/", f"{folder}/", each) for key, each in settings["data"].items()}
    env = {
        **given,
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "diip.settings",
        "DIIP_ENV_FILE": "",
        "DIIP_VAR_DIR": "/proc/read-only",
        "DATABASE_URL": "postgres://diip@127.0.0.1:1/diip",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DIIP_METRICS_TOKEN": "sesame",
    }
    command = [sys.executable, "-c", SCRAPE]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    return done.stdout


def rules() -> list[Document]:
    file = ROOT / "deploy" / "prometheus" / "rules.yml"
    return [rule for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_every_alert_can_fire_there(scraped: str, rule: Document) -> None:
    exposed = set(re.findall(r"^# TYPE (\S+)", scraped, re.MULTILINE))
    counted = set(re.findall(r"^(diip_http_\w+)\{", scraped, re.MULTILINE))

    asked = set(re.findall(r"\bdiip_\w+", rule["expr"]))
    assert asked <= exposed | counted
    assert {each for each in asked if each.startswith("diip_http_")} <= counted


# --- the network --------------------------------------------------------------------------------


def ways_out(workload: Document) -> dict[int, list[Document]]:
    """By port, where to; empty: anywhere."""
    labels = workload["spec"]["template"]["metadata"]["labels"]
    found: dict[int, list[Document]] = {}
    for policy in of_kind("NetworkPolicy"):
        if applies(policy["spec"]["podSelector"], labels):
            for rule in policy["spec"].get("egress", []):
                found |= {port["port"]: rule.get("to", []) for port in rule["ports"]}
    return found


def applies(selector: Document, labels: Document) -> bool:
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "NotIn"
        if labels[expression["key"]] in expression["values"]:
            return False
    return selector["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize("workload", WORKLOADS, ids=name)
def test_nobody_calls_out_but_where_it_must(workload: Document) -> None:
    needed = {53, 5432, 6379}
    if part(workload) not in ("beat", "migrate"):
        needed |= {443, 25, 465, 587}

    assert ways_out(workload).keys() == needed


@pytest.mark.parametrize("workload", WORKLOADS, ids=name)
def test_nobody_reaches_the_clouds_credentials(workload: Document) -> None:
    for port, peers in ways_out(workload).items():
        blocks = [peer["ipBlock"] for peer in peers if "ipBlock" in peer]
        assert blocks or port == 53
        for block in blocks:
            assert {"169.254.0.0/16", "fd00:ec2::/32"} & set(block["except"])
