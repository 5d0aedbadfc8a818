"""What an answer must never be, counted."""

import threading
from collections import Counter
from dataclasses import dataclass, field

from tests.fuzz.wire import Answer, Request

SLOW_SECONDS = 2.0
TRACES = (
    b"Traceback (most recent",
    b"DJANGO_SETTINGS_MODULE",
    b"/site-packages/",
    b"OperationalError",
)
TRACKER_AWAY = b'"code":"upstream_unavailable"'
"""What it says of a tracker whose name nobody knows, as all are here: a 503 that is right."""
STRANGERS = ("outsider", "anonymous")
FAULTS = ("5xx", "leaks", "secrets", "traces", "let in", "not as described")
SHOWN = 10


@dataclass
class Verdict:
    """All answers of a run."""

    marks: dict[str, bytes]
    secrets: tuple[bytes, ...]
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    slow: Counter[str] = field(default_factory=Counter)
    """By operation."""
    slowest: float = 0.0
    slowest_route: str = ""
    routes: set[str] = field(default_factory=set)
    served: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, request: Request, answer: Answer) -> None:
        with self._lock:
            self.requests += 1
            self.statuses[answer.status] += 1
            self.routes.add(request.route)
            if 200 <= answer.status < 300:
                self.served.add(request.route)
            self._time(request, answer)
            for fault in self._faults_of(request, answer):
                self.blame(fault, f"{request.actor}: {told(request)} -> {answer.status}")

    def blame(self, fault: str, example: str) -> None:
        self.faults[fault] += 1
        if self.faults[fault] <= SHOWN:
            self.examples.append(f"{fault}: {example}")

    def _time(self, request: Request, answer: Answer) -> None:
        if answer.seconds > SLOW_SECONDS:
            self.slow[request.route] += 1
        if answer.seconds > self.slowest:
            self.slowest, self.slowest_route = answer.seconds, request.route

    def _faults_of(self, request: Request, answer: Answer) -> list[str]:
        known = {"5xx": answer.status >= 500 and TRACKER_AWAY not in answer.body}
        known["leaks"] = self._is_leak(request.actor, answer.body)
        known["secrets"] = any(secret in answer.body for secret in self.secrets)
        known["traces"] = any(trace in answer.body for trace in TRACES)
        known["let in"] = self._is_let_in(request, answer)
        return [name for name, is_so in known.items() if is_so]

    def _is_leak(self, actor: str, body: bytes) -> bool:
        """A platform's admin sees all; who is signed in as nobody sees none."""
        if actor in ("admin", "session"):
            return False
        foreign = {"outsider": ("ours",), "anonymous": ("ours", "theirs")}.get(actor, ("theirs",))
        return any(self.marks[name] in body for name in foreign)

    def _is_let_in(self, request: Request, answer: Answer) -> bool:
        is_ours = "<project_id>" in request.route and not request.is_foreign
        return is_ours and request.actor in STRANGERS and 200 <= answer.status < 300


def told(request: Request) -> str:
    body = (request.body or b"")[:80]
    headers = b", ".join(b"%s: %s" % pair for pair in request.headers)[:80]
    return f"{request.method!r} {request.target[:120]!r} {headers!r} {body!r}"
