"""Runner of all benchmarks (`make bench`), on a local or embedded PostgreSQL."""

import subprocess
import sys

from scripts.borrowed_servers import borrow_postgres


def main() -> int:
    with borrow_postgres() as database_url:
        failed = [
            subprocess.run([sys.executable, "-m", *command], check=False).returncode  # noqa: S603
            for command in (
                ("benchmarks.sync", *sys.argv[1:]),
                ("benchmarks.api", "--database-url", database_url),
                ("benchmarks.analytics", "--database-url", database_url),
            )
        ]
    return max(failed)


if __name__ == "__main__":
    sys.exit(main())
