"""Bandit over all non-test code, medium and up; findings are fixed or explained here.

python -m scripts.security
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = (
    *("accounts", "analytics", "benchmarks", "diip", "integrations", "issues", "monitoring"),
    *("projects", "scripts", "simulator", "manage.py", "gunicorn.conf.py"),
)
_OUR_NAMES = "the parts put together are names of our own columns; values are parameters"
REASONS = {
    ("benchmarks/sync_floor.py", "B608"): _OUR_NAMES,
    ("benchmarks/webhooks.py", "B310"): "asks the platform that it started on 127.0.0.1",
    (
        "diip/common/queues/broker_socket.py",
        "B108",
    ): "a folder of its own, made 0700, named by user",
    ("gunicorn.conf.py", "B108"): "gunicorn makes its heartbeat file there itself, unlinked",
    ("simulator/jira/comment_content.py", "B610"): "a function named extra, not a QuerySet's",
    ("issues/derived_fields.py", "B608"): "the table's name is the model's; values are parameters",
    (
        "issues/store/search_index.py",
        "B608",
    ): "the column's expression is a constant, one a database",
    ("issues/store/links.py", "B608"): _OUR_NAMES,
    ("issues/store/lookup.py", "B608"): _OUR_NAMES,
    ("issues/store/rows.py", "B608"): _OUR_NAMES,
    ("monitoring/management/commands/copy_from_sqlite.py", "B608"): "the quoted name of our table",
    ("monitoring/task_stats/writing.py", "B608"): _OUR_NAMES,
    (
        "monitoring/readiness_check.py",
        "B310",
    ): "asks this very service on 127.0.0.1; http is in the text",
    ("scripts/demo.py", "B310"): "asks the demo that `make demo` started; the address is its own",
}
"""Reasons why a finding is not a vulnerability."""


def find() -> dict[tuple[str, str], list[str]]:
    """Return findings as `{(file, rule): ["line: message", …]}`."""
    command = [sys.executable, "-m", "bandit", "-q", "-ll", "-f", "json", "-x", "*/tests/*", "-r"]
    ran = subprocess.run(  # noqa: S603 our own command
        [*command, *PLACES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    report = json.loads(ran.stdout)
    if report["errors"]:
        sys.exit(f"security: bandit cannot read {report['errors']}")
    found: dict[tuple[str, str], list[str]] = {}
    for issue in report["results"]:
        key = (str(Path(issue["filename"])), issue["test_id"])
        found.setdefault(key, []).append(f"{issue['line_number']}: {issue['issue_text']}")
    return found


def main() -> int:
    found = find()
    new = {key: lines for key, lines in found.items() if key not in REASONS}
    for (name, rule), lines in new.items():
        for line in lines:
            sys.stdout.write(f"security: {name}:{line} ({rule})\n")
    stale = REASONS.keys() - found.keys()
    for name, rule in sorted(stale):
        sys.stdout.write(f"security: {name} no longer has {rule}: remove its reason\n")
    return 1 if new or stale else 0


if __name__ == "__main__":
    sys.exit(main())
