"""One run against one database, which the environment names; prints what it found as JSON."""

import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from random import Random

import django

THREADS = 8
ROUND = 3_000
"""Requests to one pair of tenants; then come fresh ones."""


def main(seed: int, hostile_requests: int, described: int) -> None:
    django.setup()
    from django.core.management import call_command

    from tests.fuzz.planting import plant
    from tests.fuzz.serving import serve

    call_command("migrate", verbosity=0)
    log_file = Path(os.environ["DIIP_VAR_DIR"], "web.log")
    started = time.monotonic()
    verdicts = []
    with serve(log_file) as port:
        left, dice = hostile_requests, Random(seed)
        while left > 0:
            planted = plant()
            verdicts.append(_round(port, planted, dice, min(ROUND, left)))
            left -= ROUND
        planted = plant()
        verdicts.append(_described(port, planted, dice, described))
    json.dump(_sum(verdicts, time.monotonic() - started, log_file), sys.stdout)


def _round(port, planted, dice, count):
    from tests.fuzz.candidates import draw
    from tests.fuzz.judging import Verdict
    from tests.fuzz.wire import send

    verdict = Verdict(planted.marks, planted.secrets)
    drawn = draw(planted, dice, count)
    for _, part in groupby(enumerate(drawn), key=lambda pair: (pair[1].is_last, pair[0] // 500)):
        requests = [request for _, request in part]
        actors = {request.actor for request in requests}
        authority = {actor: planted.authority(actor) for actor in actors}
        with ThreadPoolExecutor(THREADS) as pool:
            answers = pool.map(lambda one: send(port, one, authority[one.actor]), requests)  # noqa: B023
            for request, answer in zip(requests, answers, strict=True):
                verdict.take(request, answer)
    return verdict


def _described(port, planted, dice, each):
    from tests.fuzz.described import attack
    from tests.fuzz.judging import Verdict

    verdict = Verdict(planted.marks, planted.secrets)
    if each:
        attack(port, planted, verdict, dice, each)
    return verdict


def _sum(verdicts, seconds, log_file):
    faults, statuses = {}, {}
    for verdict in verdicts:
        for name, count in verdict.faults.items():
            faults[name] = faults.get(name, 0) + count
        for status, count in verdict.statuses.items():
            statuses[str(status)] = statuses.get(str(status), 0) + count
    slowest = max(verdicts, key=lambda verdict: verdict.slowest)
    log = log_file.read_text(errors="replace")
    return {
        "requests": sum(verdict.requests for verdict in verdicts),
        "described": verdicts[-1].requests,
        "seconds": round(seconds),
        "statuses": dict(sorted(statuses.items())),
        "faults": faults,
        "examples": [example for verdict in verdicts for example in verdict.examples][:60],
        "slow": dict(sum((verdict.slow for verdict in verdicts), Counter()).most_common()),
        "slowest": [round(slowest.slowest, 2), slowest.slowest_route],
        "routes": len(set().union(*(verdict.routes for verdict in verdicts))),
        "served": len(set().union(*(verdict.served for verdict in verdicts))),
        "secrets_in_log": sum(
            secret.decode() in log for verdict in verdicts for secret in verdict.secrets
        ),
        "log_tail": log[-2_000:] if faults.get("5xx") else "",
    }


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
