"""A real Chromium, spoken to over a pipe: what a page does that it must not.

with Browser.start() as browser:
    seen = browser.visit("http://127.0.0.1:8000/", cookies={"sessionid": "…"})
    assert seen.dialogs == seen.violations == []
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from scripts import child_processes

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 60
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--mute-audio"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",),
    "--remote-debugging-pipe",
)


def find() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Seen:
    """What happened on one page."""

    title: str = ""
    dialogs: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    """Of the content policy, in the browser's words."""
    asked: list[str] = field(default_factory=list)
    """Addresses of other hosts that it wanted something of."""
    marks: int = 0
    """How many elements or variables planted scripts have left."""


class Browser:
    """Chromium's debugging protocol, as much as is needed."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._buffer, self._number = b"", 0
        self._events: list[dict[str, Any]] = []

    @classmethod
    @contextmanager
    def start(cls) -> Iterator["Browser"]:
        orders, answers = os.pipe(), os.pipe()
        # Its helpers may write for a moment after the browser has ended.
        with tempfile.TemporaryDirectory(
            prefix="diip-browser-", ignore_cleanup_errors=True
        ) as profile:
            pipes = f'exec 3<&{orders[0]} 4>&{answers[1]}; exec "$@"'
            command = ["bash", "-c", pipes, "bash", find() or "chromium", *OPTIONS]
            process = child_processes.start(
                [*command, f"--user-data-dir={profile}", "about:blank"],
                pass_fds=(orders[0], answers[1]),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            os.close(orders[0])
            os.close(answers[1])
            try:
                yield cls(answers[0], orders[1])
            finally:
                process.terminate()
                process.wait(timeout=SECONDS)
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                os.close(orders[1])
                os.close(answers[0])

    def visit(self, url: str, cookies: Mapping[str, str], mark: str = "planted") -> Seen:
        target = self._do("Target.createTarget", url="about:blank")["targetId"]
        session = self._do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._events.clear()
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self._do(f"{domain}.enable", session)
        for name, value in cookies.items():
            self._do("Network.setCookie", session, name=name, value=value, url=url)
        self._do("Page.navigate", session, url=url)
        self._wait_for("Page.loadEventFired", session)
        self._do("Runtime.evaluate", session, expression=SETTLE, awaitPromise=True)
        counted = f"document.querySelectorAll('[id^={mark}]').length + (window.{mark} === 1)"
        seen = Seen(
            title=self._value(session, "document.title"), marks=int(self._value(session, counted))
        )
        self._do("Target.closeTarget", targetId=target)
        return self._judge(seen, url)

    def _value(self, session: str, expression: str) -> Any:
        answer = self._do("Runtime.evaluate", session, expression=expression)
        return answer["result"].get("value")

    def _judge(self, seen: Seen, url: str) -> Seen:
        home = url.split("/")[2]
        for event in self._events:
            about = event["params"]
            if event["method"] == "Page.javascriptDialogOpening":
                seen.dialogs.append(about["message"])
            elif event["method"] == "Log.entryAdded" and about["entry"]["source"] == "security":
                seen.violations.append(about["entry"]["text"])
            elif event["method"] == "Audits.issueAdded" and "Policy" in about["issue"]["code"]:
                seen.violations.append(json.dumps(about["issue"]["details"])[:400])
            elif event["method"] == "Network.requestWillBeSent":
                place = about["request"]["url"]
                if not place.startswith(("data:", "about:")) and place.split("/")[2] != home:
                    seen.asked.append(place)
        return seen

    # --- the pipe --------------------------------------------------------------------------------

    def _do(self, method: str, session: str = "", **parameters: object) -> dict[str, Any]:
        self._number += 1
        order: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if session:
            order["sessionId"] = session
        os.write(self._write, json.dumps(order).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, told
                result: dict[str, Any] = told["result"]
                return result
            self._note(told)

    def _wait_for(self, method: str, session: str) -> None:
        while not any(event["method"] == method for event in self._events):
            self._note(self._next())

    def _note(self, told: dict[str, Any]) -> None:
        if "method" not in told:
            return
        self._events.append(told)
        if told["method"] == "Page.javascriptDialogOpening":
            order = {"id": 0, "method": "Page.handleJavaScriptDialog", "params": {"accept": False}}
            order["sessionId"] = told["sessionId"]
            os.write(self._write, json.dumps(order).encode() + b"\0")

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self._buffer:
            assert time.monotonic() < deadline, "Chromium says nothing"
            self._buffer += os.read(self._read, 1 << 16)
        line, _, self._buffer = self._buffer.partition(b"\0")
        told: dict[str, Any] = json.loads(line)
        return told


SETTLE = "new Promise(done => setTimeout(done, 300))"
"""Handlers of broken images and the like come after the page has loaded."""
