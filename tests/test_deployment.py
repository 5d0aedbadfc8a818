"""What goes to production holds together."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]


def test_the_image_holds_every_app() -> None:
    ours = {config.name for config in apps.get_app_configs() if Path(config.path).parent == ROOT}
    let_through = (ROOT / ".dockerignore").read_text().splitlines()

    assert "diip" in ours
    assert {app for app in ours if f"!{app}" not in let_through} == set()


def test_the_proxy_overwrites_what_clients_claim() -> None:
    nginx = (ROOT / "deploy" / "nginx.conf").read_text()

    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    assert "$proxy_add_x_forwarded_for" not in nginx
    assert "client_max_body_size 2m;" in nginx


def test_what_slow_clients_have_not_taken_waits_on_a_disk() -> None:
    web = SERVICES["web"]
    spool = web["environment"]["TMPDIR"]

    assert f"spool:{spool}" in web["volumes"]
    assert spool not in web["tmpfs"]
    assert f"mkdir {spool}" in (ROOT / "Dockerfile").read_text()
    assert web["environment"].items() >= SERVICES["worker"]["environment"].items()


def test_the_proxy_writes_no_queries() -> None:
    """They hold what people search for, and signed links of reports."""
    nginx = (ROOT / "deploy" / "nginx.conf").read_text()
    (written,) = re.findall(r"log_format diip ([^;]+);", nginx)
    told = set(re.findall(r"\$(\w+)", written))

    assert "uri" in told
    assert not told & {"request", "request_uri", "args", "query_string", "http_referer"}
    assert "access_log /var/log/nginx/access.log diip;" in nginx
    assert "error_log /var/log/nginx/error.log crit;" in nginx


@pytest.mark.parametrize("service", SERVICES)
def test_no_container_fills_the_disk_with_its_log(service: str) -> None:
    logging = SERVICES[service]["logging"]

    assert {"max-size", "max-file"} <= logging["options"].keys()


@pytest.mark.parametrize("service", ["worker", "worker-analytics", "worker-backfill", "beat"])
def test_a_broker_that_is_gone_makes_nobody_unhealthy(service: str) -> None:
    kind = service.partition("-")[0]

    asked = SERVICES[service]["healthcheck"]["test"]
    assert asked == ["CMD", "python", "-m", "monitoring.readiness_check", kind]
    assert SERVICES[service]["environment"]["DIIP_ALIVE_FILE"].startswith("/tmp/")
    assert "/tmp" in SERVICES[service]["tmpfs"]
