"""Asking several servers at once, and waiting for none of them longer than a moment.

A lane is a thread that puts questions to one server, one after the other. Who asks waits for each
answer so long and no longer; a lane that stopped answering is left behind, and as long as it hangs
no second one is sent after it: a server that is silent costs one thread, not one a page.
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
"""What a probe may run into: a server, the machine, or a value nobody expected."""


@dataclass(frozen=True)
class Probe:
    """One question, and the component that its answer is."""

    name: str
    ask: Callable[[], Component]
    lane: str = "database"
    fix: str = "The log of the web server says why."
    """What to do where it cannot be asked at all."""
    unanswered: State = State.FAILING
    """What it counts as then."""


def ask_all(probes: Sequence[Probe]) -> tuple[Component, ...]:
    """An answer to each, in their order, whatever happens to the servers."""
    lanes: dict[str, list[Probe]] = {}
    for probe in probes:
        lanes.setdefault(probe.lane, []).append(probe)
    running = [(own, _start(lane, own)) for lane, own in lanes.items()]
    found = {answer.name: answer for own, answers in running for answer in _collect(own, answers)}
    return tuple(found[probe.name] for probe in probes)


def ask_one(probe: Probe) -> Component:
    try:
        return probe.ask()
    except FAULTS as fault:
        # The class alone: a message of a server may hold its address.
        message = f"It does not answer ({type(fault).__name__})."
        return Component(probe.name, probe.unanswered, message, probe.fix)


_hanging: dict[str, threading.Thread] = {}
_Answers = queue.SimpleQueue[Component]


def _start(lane: str, probes: Sequence[Probe]) -> _Answers | None:
    """None: the last one of this lane has not come back yet."""
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
            answers.put(ask_one(probe))
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
            answers = None  # what stands behind it is not asked either
            message = f"No answer within {seconds:g} s."
            yield Component(probe.name, probe.unanswered, message, probe.fix)
