"""Start and stop of the whole platform in the foreground."""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from diip.launcher import processes
from diip.launcher.child_process import say
from diip.launcher.supervisor import StartFailed, StopRequested, Supervisor
from monitoring import broker, readiness_check

LOCK_SECONDS = 6
"""Time to clean up after a killed supervisor."""
START_SECONDS = 90
SIMULATOR_PORTS = range(9100, 9200)


@dataclass(frozen=True)
class Plan:
    """Options of a platform run."""

    port: int
    is_verbose: bool = False
    simulator_issues: int = 0
    """Issues of the simulator; 0: no simulator."""
    shows_demo: bool = False
    ends_after_demo: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_level(self) -> str:
        return "info" if self.is_verbose else "warning"


def run(plan: Plan) -> int:
    """Run until a stop is requested; return the exit code."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    with hold_lock(settings.VAR_DIR) as lock:
        refuse_taken_port(plan.port)
        tracker_port = choose_simulator_port() if plan.simulator_issues else 0
        with Supervisor(build_environment(plan, tracker_port), lock) as supervisor:
            try:
                return _bring_up(supervisor, plan, tracker_port)
            except StopRequested:
                return 0
            finally:
                say("diip", "stopping")


@contextmanager
def hold_lock(var_dir: Path) -> Iterator[int]:
    """Lock VAR_DIR, one platform per directory. Locking the directory leaves no lock file.

    Raises StartFailed.
    """
    lock = os.open(var_dir, os.O_RDONLY)
    try:
        deadline = time.monotonic() + LOCK_SECONDS
        while not _try_lock(lock):
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"DIIP is already running in {var_dir}. Stop it first, or set another"
                    " directory and port: DIIP_VAR_DIR=… PORT=…."
                )
            time.sleep(0.1)
        yield lock
    finally:
        os.close(lock)


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((os.environ.get("HOST", "127.0.0.1"), port))
        except OSError:
            return False
    return True


def refuse_taken_port(port: int) -> None:
    if not is_free(port):
        raise StartFailed(f"Port {port} is not available. Choose another: PORT={port + 1}.")


def choose_simulator_port() -> int:
    """Return the same port at every start, because connected integrations store it."""
    memory = settings.VAR_DIR / "simulator.port"
    if memory.exists():
        port = int(memory.read_text())
        if not is_free(port):
            raise StartFailed(f"The simulated tracker needs port {port}. Free this port first.")
        return port
    port = next((port for port in SIMULATOR_PORTS if is_free(port)), 0)
    if not port:
        raise StartFailed(
            "The simulated tracker needs a free port between "
            f"{SIMULATOR_PORTS.start} and {SIMULATOR_PORTS.stop - 1}."
        )
    memory.write_text(str(port))
    return port


def build_environment(plan: Plan, tracker_port: int) -> dict[str, str]:
    env = {
        **os.environ,
        "DIIP_VAR_DIR": str(settings.VAR_DIR),
        "PORT": str(plan.port),
        "PYTHONUNBUFFERED": "1",
    }
    if plan.is_verbose:
        env["DIIP_LOG_LEVEL"] = "INFO"
    if tracker_port:
        allowed = [*settings.DIIP_PRIVATE_HOSTS, f"127.0.0.1:{tracker_port}"]
        env["DIIP_PRIVATE_HOSTS"] = ",".join(allowed)
        env["EMAIL_URL"] = "consolemail://"  # simulated alerts must not be mailed
        env["DEMO_TRACKERS_URL"] = f"http://127.0.0.1:{tracker_port}"
    return env


def _bring_up(supervisor: Supervisor, plan: Plan, tracker_port: int) -> int:
    _start_broker(supervisor)
    if tracker_port:
        supervisor.start(
            processes.simulator(
                tracker_port,
                plan.simulator_issues,
                settings.VAR_DIR / "simulator.until",
                is_quiet=plan.shows_demo,
            )
        )
    for command in ("migrate", "collectstatic") if settings.PRODUCTION else ("migrate",):
        if supervisor.run_once(processes.preparation(command)):
            raise StartFailed(f"{command} failed. See the lines above.")
    supervisor.start(processes.worker(plan.log_level))
    supervisor.start(processes.beat(settings.VAR_DIR / "beat-schedule", plan.log_level))
    supervisor.start(processes.web(plan.log_level))
    _wait_until_ready(supervisor, plan, tracker_port)
    return _stay_up(supervisor, plan)


def _start_broker(supervisor: Supervisor) -> None:
    if settings.REDIS_URL:
        if not broker.is_answering():
            raise StartFailed("The broker in REDIS_URL does not respond.")
        return
    server = broker.find_server()
    if not server:
        raise StartFailed("No broker found: install Valkey or Redis, or set REDIS_URL.")
    broker.prepare_socket_directory()
    broker.end_left_over_server()
    data_dir = settings.VAR_DIR / "broker"
    data_dir.mkdir(exist_ok=True)
    supervisor.start(processes.broker(server, settings.BROKER_SOCKET, data_dir))
    if not supervisor.wait_for(broker.is_answering, START_SECONDS):
        raise StartFailed("The broker does not respond.")


def _wait_until_ready(supervisor: Supervisor, plan: Plan, tracker_port: int) -> None:
    def is_ready() -> bool:
        return readiness_check.is_ready(plan.port, settings.ALLOWED_HOSTS) and (
            not tracker_port or not is_free(tracker_port)
        )

    if not supervisor.wait_for(is_ready, START_SECONDS):
        raise StartFailed(f"{plan.url}/readyz does not report ready. See the lines above.")


def _stay_up(supervisor: Supervisor, plan: Plan) -> int:
    supervisor.is_starting = False
    say("diip", f"ready: {plan.url}  (docs /api/docs/, admin /admin/)  Ctrl-C stops everything")
    if not plan.shows_demo:
        say(
            "diip",
            "next steps: README.md (register, connect a repository); administrator: make admin",
        )
    else:
        code = supervisor.run_once(processes.demo(plan.url))
        if code or plan.ends_after_demo:
            return code
    supervisor.wait_for_stop()
    return 0
