"""The manifests hold together: no cluster is asked, the documents are compared with each other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from diip.common.queues import QUEUES

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


WORKLOADS = [*of_kind("Deployment"), *of_kind("Job")]


def pod(workload: Document) -> Document:
    found: Document = workload["spec"]["template"]["spec"]
    return found


def name(document: Document) -> str:
    return str(document["metadata"]["name"])


def environment(container: Document) -> Iterator[str]:
    yield from (variable["name"] for variable in container.get("env", []))


def test_every_file_is_listed_or_a_pattern() -> None:
    (kustomization,) = of_kind("Kustomization")
    files = {file.name for file in FOLDER.glob("*.yaml")}

    assert files - set(kustomization["resources"]) == {"kustomization.yaml", "secret.example.yaml"}


@pytest.mark.parametrize("workload", WORKLOADS, ids=name)
def test_pod_has_no_rights_it_does_not_need(workload: Document) -> None:
    spec = pod(workload)

    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@pytest.mark.parametrize("workload", WORKLOADS, ids=name)
def test_container_says_what_it_needs_and_whether_it_lives(workload: Document) -> None:
    for container in pod(workload)["containers"]:
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert "memory" in container["resources"]["limits"]
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
        for container in pod(workload)["containers"]:
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


def test_liveness_is_asked_under_a_name_that_web_answers_to() -> None:
    """Kubernetes asks by the pod's address, which Django refuses: it would restart what is well."""
    (web,) = [each for each in of_kind("Deployment") if name(each) == "web"]
    (settings,) = of_kind("ConfigMap")
    asked = pod(web)["containers"][0]["livenessProbe"]["httpGet"]

    (host,) = [header["value"] for header in asked["httpHeaders"] if header["name"] == "Host"]
    assert host in settings["data"]["ALLOWED_HOSTS"].split(",")
