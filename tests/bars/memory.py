"""Memory of a process that syncs and syncs: flat over 10,000 stored pages.

A repository with comments and events is read whole again and again, a quarter of it edited before
each time, by the engine and on the path that a worker takes.
"""

import os
import subprocess
import sys
import tempfile

from benchmarks.trackers import run_trackers
from tests.bars.bar import Bar

ISSUES, EDITED = 1_000, 250
PAGES, WARM_UP = 10_000, 500
MEBIBYTES = 50.0


def measure() -> list[Bar]:
    with run_trackers() as url, tempfile.TemporaryDirectory(prefix="diip-bars-") as var_dir:
        env = {
            **{name: v for name, v in os.environ.items() if name != "DATABASE_URL"},
            "DIIP_ENV_FILE": "",
            "DIIP_VAR_DIR": var_dir,
            "DIIP_PRIVATE_HOSTS": url[7:],
        }
        command = [sys.executable, "-m", "tests.bars.memory", url]
        reply = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    pages, growth = reply.stdout.split()
    name = f"MiB that a syncing process grows from page {WARM_UP} to page {pages}"
    return [Bar(name, MEBIBYTES, float(growth))]


def grow(url: str) -> None:
    """Print the pages stored, and the growth of this process in MiB."""
    import django

    django.setup()

    from django.core.management import call_command

    from benchmarks import sync_diip
    from benchmarks.measure import resident_mb
    from benchmarks.trackers import Trackers

    call_command("migrate", verbosity=0)
    trackers, repository = Trackers(url), "octo/memory"
    trackers.add(repository, ISSUES)
    integration = sync_diip.connect(trackers, repository)
    pages, warm, most = 0, None, 0.0
    while pages < PAGES:
        pages += sync_diip.sync(integration).pages
        if pages >= WARM_UP:
            warm = resident_mb() if warm is None else warm
            most = max(most, resident_mb() - warm)
        trackers.touch(repository, EDITED, seed=pages)
        trackers.pass_time(minutes=60)
        trackers.forget_requests()
        sync_diip.read_all_again(integration)
    sys.stdout.write(f"{pages} {most:.1f}")


if __name__ == "__main__":
    grow(sys.argv[1])
