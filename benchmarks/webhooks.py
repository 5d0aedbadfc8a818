"""Benchmark of webhooks: response time of signed deliveries under load (goal: p99 below 1 s).

python -m benchmarks.webhooks [--deliveries 2000] [--at-once 8]

A real platform with embedded services; GitHub's timeout for a delivery is ten seconds. Each id is
sent once, and a tenth of them five more times: duplicates are answered and have no effect.
"""

import argparse
import hashlib
import hmac
import json
import os
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from tests.sync_platform import Link, open_site

COPIES = 5


def delivery(link: Link, secret: str, number: int) -> urllib.request.Request:
    issue = {"id": number, "number": number, "title": "Benchmark"}
    body = json.dumps({"action": "edited", "issue": issue, "repository": {"id": 1}}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    url = f"{link.site.platform.url}/api/webhooks/github/{link.integration}/"
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": str(uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    return urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - our own platform


def send(request: urllib.request.Request) -> tuple[float, int]:
    """Send a delivery; return milliseconds and status."""
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own platform
        status = int(answer.status)
    return (time.perf_counter() - began) * 1000, status


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=8)
    given = parser.parse_args()
    os.environ["DIIP_DELIVERIES_PER_MINUTE"] = "1000000"  # no limit: response times are measured
    with tempfile.TemporaryDirectory() as folder, open_site(Path(folder) / "var") as site:
        link = site.connect(200)
        link.wait_for_end()
        made = site.api("POST", f"{link.path}/integrations/{link.integration}/webhook/")
        requests = [delivery(link, made.data["secret"], n + 1) for n in range(given.deliveries)]
        requests += requests[:: 2 * COPIES] * COPIES
        with ThreadPoolExecutor(given.at_once) as pool:
            answers = list(pool.map(send, requests))
    times = sorted(milliseconds for milliseconds, _ in answers)
    middle, high = (times[int(len(times) * share)] for share in (0.5, 0.99))
    statuses = sorted({status for _, status in answers})
    sys.stdout.write(
        f"{len(times)} deliveries, {given.at_once} at once: p50 {middle:.0f} ms, "
        f"p99 {high:.0f} ms, longest {times[-1]:.0f} ms; answered {statuses}\n"
    )
    return int(high >= 1000)


if __name__ == "__main__":
    sys.exit(main())
