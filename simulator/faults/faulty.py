"""What a fault is: a function that answers in place of, or on top of, the tracker."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from simulator.clock import Clock
from simulator.seeded_random import Dice
from simulator.web import Reply, Request


class Case(msgspec.Struct, frozen=True):
    """One request that a fault befalls."""

    request: Request
    serve: Callable[[], Reply]
    """The right answer; a fault that replaces it does not ask for it."""
    clock: Clock
    options: Mapping[str, Any]
    dice: Dice


Fault = Callable[[Case], Reply]
