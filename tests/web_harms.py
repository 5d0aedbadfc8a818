"""What clients do to a web server without meaning well, done to the real one.

with Web(folder) as web, slow_readers(web, 12):
    seconds = web.ask("/healthz")
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from scripts import child_processes
from tests.platform import PASSWORD, ROOT, free_port

START_SECONDS = 90
PATIENCE = 20.0
"""Whoever waits longer counts as not answered."""
ISSUES = 3000
BODY = "a word " * 520
"""So long that an export of all has some 11 MB."""


@dataclass(frozen=True)
class Answered:
    status: int
    seconds: float
    body: bytes = b""


class Web:
    """The web server alone, as the supervisor starts it, and a project of 3,000 issues."""

    def __init__(self, folder: Path, command: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **os.environ,
            "DIIP_VAR_DIR": str(folder / "var"),
            "DIIP_ENV_FILE": "",
            "PORT": str(self.port),
            "DIIP_REQUESTS_PER_MINUTE": "1000000",
            "DIIP_LOGINS_PER_ADDRESS": "1000000",
            "DIIP_LOGINS_PER_ACCOUNT": "1000000",
        }
        self.log_file = folder / "web.log"
        self.command = command or self._own_command()
        (folder / "var").mkdir()

    def __enter__(self) -> Self:
        self.token = self._manage("shell", "-v", "0", "-c", FILL).split()[-1]
        with self.log_file.open("w") as log:
            self.process = child_processes.start(
                self.command, cwd=ROOT, env=self.env, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while self.ask("/healthz").status != 200:
            assert time.monotonic() < deadline, self.log_file.read_text()
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> float:
        """Ask it to end; after how many seconds it had."""
        begun = time.monotonic()
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(40)
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        return time.monotonic() - begun

    def ask(self, path: str, body: object = None, *, token: str = "") -> Answered:
        """Over a connection of its own; status 0: nothing usable came within PATIENCE."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(
            self.url + path, data, {**headers, "Content-Type": "application/json"}
        )
        begun = time.monotonic()
        status, read = 0, b""
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                status, read = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, read = error.code, error.read()
        except OSError:
            pass
        return Answered(status, time.monotonic() - begun, read)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def processes(self) -> set[int]:
        """That answer: those that the first one has started."""
        return set(_descendants(self.process.pid))

    def memory(self) -> float:
        """MB of all its processes, what they share counted once."""
        return sum(map(_proportional, [self.process.pid, *_descendants(self.process.pid)])) / 1024

    def _own_command(self) -> tuple[str, ...]:
        code = (
            "from diip.launcher import processes\n"
            "print(*processes.web('warning').command, sep='\\n')"
        )
        return tuple(self._run("-c", code).split("\n")[:-1])

    def _manage(self, *arguments: str) -> str:
        self._run("manage.py", "migrate", "-v", "0")
        return self._run("manage.py", *arguments)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


FILL = f"""
from django.utils import timezone
from accounts.sign_in import tokens
from accounts.models import User
from integrations.models import Integration
from issues.models import Issue
from projects.models import Membership, Project

now = timezone.now()
user = User.objects.create_user("ann@example.com", {PASSWORD!r})
project = Project.objects.create(name="Web")
Membership.objects.create(project=project, user=user, role="owner")
integration = Integration.objects.create(project=project, provider="github", scope="o/r")
Issue.objects.bulk_create(
    Issue(
        project=project, integration=integration, provider="github", source_issue_id=str(number),
        key=f"#{{number}}", title="Broken", body={BODY!r}, status="todo", source_status="open",
        opened_at=now, source_updated_at=now,
    )
    for number in range({ISSUES})
)
print(tokens.issue(user).access)
"""
ANSWERED = b"HTTP/1.1 200 OK"
EXPORT = "/api/projects/1/issues/export/?format=ndjson"


# --- harms --------------------------------------------------------------------------------------


@contextmanager
def many(count: int, one: Callable[[], socket.socket]) -> Iterator[list[socket.socket]]:
    """So many of them at once, until the end of the block."""
    with ExitStack() as stack:
        yield [stack.enter_context(one()) for _ in range(count)]


def half_head(web: Web) -> socket.socket:
    client = web.connect()
    client.sendall(b"GET /api/projects/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    return client


def half_body(web: Web) -> socket.socket:
    client = web.connect()
    client.sendall(
        b"POST /api/auth/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b'Content-Length: 1000\r\n\r\n{"email": "'
    )
    return client


def slow_reader(web: Web) -> socket.socket:
    """Asks for an export, again while others are written, and takes the first bytes only."""
    while True:
        client = _ask_for_export(web)
        if client.recv(len(ANSWERED), socket.MSG_PEEK) == ANSWERED:
            return client
        client.close()
        time.sleep(0.05)


def _ask_for_export(web: Web) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(PATIENCE)
    client.connect(("127.0.0.1", web.port))
    head = f"GET {EXPORT} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {web.token}"
    client.sendall(f"{head}\r\n\r\n".encode())
    return client


def idler(web: Web) -> socket.socket:
    """One request, answered; then silence over a connection that is kept."""
    client = web.connect()
    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    with suppress(OSError):
        client.recv(4096)
    return client


def sign_ins(web: Web, count: int) -> list[Answered]:
    """So many wrong ones at the same time."""
    wrong = {"email": "ann@example.com", "password": "wrong"}
    with ThreadPoolExecutor(count) as pool:
        asked = [pool.submit(web.ask, "/api/auth/login/", wrong) for _ in range(count)]
        return [each.result() for each in asked]


def others(web: Web, count: int = 40) -> list[Answered]:
    """What somebody else experiences meanwhile, one request after the other."""
    paths = ["/healthz", "/api/projects/1/issues/?page_size=10"]
    answers: list[Answered] = []
    for number in range(count):
        answers.append(web.ask(paths[number % len(paths)], token=web.token))
        if answers[-1].status == 0 and len([a for a in answers if a.status == 0]) > 1:
            break  # dead: no need to wait for each
    return answers


def percentile(answers: Sequence[Answered], share: float) -> float:
    """Seconds; one that was not answered took PATIENCE."""
    seconds = sorted(each.seconds if each.status == 200 else PATIENCE for each in answers)
    return seconds[min(len(seconds) - 1, int(len(seconds) * share))]


# --- processes ----------------------------------------------------------------------------------


def _proportional(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _descendants(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield int(child)
                yield from _descendants(int(child))
