"""Benchmark of analytics: cost of updates and requests, in a small and a big project.

    python -m benchmarks.analytics --database-url postgres://user@127.0.0.1/postgres

creates a database on the given server, fills it, measures and drops it. Exits with 1 if a number
is wrong.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence

from benchmarks.scratch import base_database

SMALL, BIG = 10_000, 1_000_000
QUICK_SMALL, QUICK_BIG = 2_000, 20_000


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    with base_database(options.database_url, f"diip_analytics_{os.getpid()}") as url:
        os.environ.update(
            {
                "DATABASE_URL": url,
                "DJANGO_SETTINGS_MODULE": "benchmarks.api_settings",
                "DIIP_ENV_FILE": "",
                "DIIP_VAR_DIR": tempfile.mkdtemp(prefix="diip-bench-"),
            }
        )
        import django  # noqa: PLC0415 - the environment first

        django.setup()
        from benchmarks.analytics_run import Sizes, run  # noqa: PLC0415 - after django.setup

        return run(url, Sizes(small=options.small, big=options.big, is_quick=options.quick))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.analytics", description=__doc__)
    parser.add_argument("--database-url", required=True, help="URL of a PostgreSQL server")
    parser.add_argument("--quick", action="store_true", help="small sizes, to check that it runs")
    parser.add_argument("--big", type=int, help=f"issues of the big project ({BIG:,})")
    options = parser.parse_args(arguments)
    options.small = QUICK_SMALL if options.quick else SMALL
    options.big = options.big or (QUICK_BIG if options.quick else BIG)
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
