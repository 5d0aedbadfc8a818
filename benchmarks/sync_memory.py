"""Memory of a first sync above an idle worker, in a separate process:
`python -m benchmarks.sync_memory TRACKERS ISSUES`. Writes MB to standard output."""

import resource
import sys

import django

django.setup()

from benchmarks import sync_diip  # noqa: E402 - Django must be set up first
from benchmarks.measure import resident_mb  # noqa: E402
from benchmarks.scratch import Scratch  # noqa: E402
from benchmarks.trackers import Trackers  # noqa: E402


def peak_above_idle(trackers: Trackers, issues: int) -> float:
    Scratch().fresh("memory")
    with sync_diip.only_feeds("issues"):
        sync_diip.sync(sync_diip.connect(trackers, "octo/empty"))
        idle = resident_mb()
        sync_diip.sync(sync_diip.connect(trackers, f"bench/n{issues}"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return peak - idle


if __name__ == "__main__":
    sys.stdout.write(str(peak_above_idle(Trackers(sys.argv[1]), int(sys.argv[2]))))
