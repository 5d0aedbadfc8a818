"""Process that ends the supervisor's children after the supervisor was killed (`kill -9`).

Each line on standard input is the complete list of process groups, in the order of ending. When
the supervisor dies, the pipe closes and the groups of the last line are ended. An orderly stop
sends an empty line first.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable, Sequence

GRACE_SECONDS = 3.0


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS raises it for a group of zombies only
        return False
    return True


def signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def end_groups(groups: Sequence[int], grace: float = GRACE_SECONDS) -> None:
    for group in groups:
        signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(map(is_alive, groups)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        signal_group(group, signal.SIGKILL)


def read_last_groups(lines: Iterable[str]) -> list[int]:
    last = ""
    for line in lines:
        last = line
    return [int(group) for group in last.split()]


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_groups(read_last_groups(sys.stdin))


if __name__ == "__main__":
    main()
