"""Gate: all checks that must pass before a change is merged.

python -m scripts.check              all stages
python -m scripts.check sqlite       tests on SQLite and the embedded broker
python -m scripts.check lint types   stages by name; groups: static, sqlite, postgres
"""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from scripts.borrowed_servers import borrow
from scripts.lanes import ROOT, Cost, Lane, measure, say
from scripts.stages import BESIDE, GROUPS, NEEDS_SERVERS, STAGES

PASSED = ROOT / ".venv" / ".tests-passed"
"""Digest of the tree on which the SQLite tests last passed."""


def choose_stages(names: Iterable[str]) -> list[str]:
    """Return the requested stages in the gate's order."""
    requested = {stage for name in names for stage in GROUPS.get(name, [name])} or set(STAGES)
    unknown = requested - set(STAGES)
    if unknown:
        known = ", ".join((*GROUPS, *STAGES))
        sys.exit(f"check: no such stage: {', '.join(unknown)}. Stages: {known}")
    return [name for name in STAGES if name in requested]


def skip_what_passed(names: list[str]) -> list[str]:
    """Drop the SQLite stages if `.ci/run` allows it and they passed on this tree."""
    if not os.environ.get("CHECK_REUSES_TESTS") or not is_passed_already():
        return names
    say("sqlite: skipped, already passed on this tree")
    return [name for name in names if name not in GROUPS["sqlite"]]


def is_passed_already() -> bool:
    return PASSED.exists() and PASSED.read_text() == digest_of_tree()


def digest_of_tree() -> str:
    """Return a digest of all files known to git and of the interpreter version."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout  # noqa: S603
    digest = hashlib.sha256(sys.version.encode())
    for name in sorted(set(names.split(b"\0")) - {b""}):
        path = ROOT / os.fsdecode(name)
        digest.update(name + b"\0" + (path.read_bytes() if path.is_file() else b""))
    return digest.hexdigest()


def run_stages(names: list[str]) -> list[Cost]:
    """Run the stages, in two lanes if both have work. A signal ends their commands."""
    lines = [[name for name in names if (name in BESIDE) is beside] for beside in (False, True)]
    with ExitStack() as stack:
        needs_servers = not NEEDS_SERVERS.isdisjoint(names)
        servers = stack.enter_context(borrow()) if needs_servers else {}
        return run_lanes([line for line in lines if line], servers)


def run_lanes(lines: list[list[str]], servers: Mapping[str, str]) -> list[Cost]:
    lanes = [Lane(is_live=number == 0, servers=servers) for number in range(len(lines))]

    def run_lane(lane: Lane, names: list[str]) -> list[Cost]:
        return [measure(lane, name, STAGES[name]) for name in names if not lane.is_stopped]

    with ThreadPoolExecutor(max(1, len(lines))) as pool:
        try:
            return [cost for costs in pool.map(run_lane, lanes, lines) for cost in costs]
        except BaseException:
            for lane in lanes:
                lane.stop()
            raise


def show_costs(costs: list[Cost]) -> None:
    """Print the costs; CPU seconds exclude borrowed servers."""
    say(f"{'stage':<16} {'seconds':>8} {'CPU seconds':>12}")
    for cost in costs:
        word = "" if cost.passed else "  FAILED"
        say(f"{cost.stage:<16} {cost.seconds:>8.1f} {cost.cpu_seconds:>12.1f}{word}")
    seconds, used = sum(cost.seconds for cost in costs), sum(cost.cpu_seconds for cost in costs)
    say(f"{'sum':<16} {seconds:>8.1f} {used:>12.1f}")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # lets borrowed servers be released
    names = skip_what_passed(choose_stages(sys.argv[1:]))
    is_whole = set(names).issuperset(GROUPS["sqlite"])
    tree = digest_of_tree() if is_whole else ""
    costs = run_stages(names)
    show_costs(costs)
    failed = [cost.stage for cost in costs if not cost.passed]
    if failed:
        sys.exit(f"check: FAILED: {', '.join(failed)}")
    if is_whole and tree == digest_of_tree():
        PASSED.write_text(tree)
    say("all passed")


if __name__ == "__main__":
    main()
