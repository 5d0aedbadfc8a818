"""Parallel health probes with a time limit per probe.

A lane is a thread that runs the probes of one server in turn. A lane that exceeds the limit is
abandoned, and not started again while it hangs: a silent server costs one thread, not one per
report.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connections
from redis import RedisError

from monitoring.health.components import Component, State

FAULTS = (DatabaseFault, RedisError, OSError, ArithmeticError, LookupError, TypeError, ValueError)
"""Errors of servers, the machine and unexpected values that a probe reports."""


@dataclass(frozen=True)
class Probe:
    """One check that returns a component."""

    name: str
    check: Callable[[], Component]
    lane: str = "database"
    fix: str = "See the log of the web server for the cause."
    """Action to take if the probe itself fails."""
    unanswered: State = State.FAILING
    """State of the component if the probe fails."""


def run_all(probes: Sequence[Probe]) -> tuple[Component, ...]:
    """Run all probes; return one component each, in their order. Never raises."""
    lanes: dict[str, list[Probe]] = {}
    for probe in probes:
        lanes.setdefault(probe.lane, []).append(probe)
    running = [(own, _start(lane, own)) for lane, own in lanes.items()]
    found = {answer.name: answer for own, answers in running for answer in _collect(own, answers)}
    return tuple(found[probe.name] for probe in probes)


def run_one(probe: Probe) -> Component:
    try:
        return probe.check()
    except FAULTS as fault:
        # Class name only: the message may contain the address of the server.
        message = f"It does not answer ({type(fault).__name__})."
        return Component(probe.name, probe.unanswered, message, probe.fix)


_hanging: dict[str, threading.Thread] = {}
_Answers = queue.SimpleQueue[Component]


def _start(lane: str, probes: Sequence[Probe]) -> _Answers | None:
    """Start the lane; None if its previous thread still hangs."""
    before = _hanging.get(lane)
    if before is not None and before.is_alive():
        return None
    answers: _Answers = queue.SimpleQueue()
    thread = threading.Thread(
        target=_work, args=(probes, answers), name=f"health-{lane}", daemon=True
    )
    _hanging[lane] = thread
    thread.start()
    return answers


def _work(probes: Sequence[Probe], answers: _Answers) -> None:
    try:
        for probe in probes:
            answers.put(run_one(probe))
    finally:
        connections.close_all()


def _collect(probes: Sequence[Probe], answers: _Answers | None) -> Iterator[Component]:
    seconds = settings.DIIP_HEALTH_TIMEOUT
    for probe in probes:
        try:
            if answers is None:
                raise queue.Empty
            yield answers.get(timeout=seconds)
        except queue.Empty:
            answers = None  # later probes of this lane get no answer either
            message = f"No answer within {seconds:g} s."
            yield Component(probe.name, probe.unanswered, message, probe.fix)
