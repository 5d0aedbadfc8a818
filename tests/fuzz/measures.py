"""Bars that want numbers: guessed passwords, raced refreshes, times of refusals, new keys.

Run by `python -m tests.fuzz`, on the database of the environment; prints JSON.
"""

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median

import django

TOKENS = 10_000
WRONG_PASSWORDS = 500
RACES, RACERS = 20, 16
SIGN_INS = 60
HTTPS = ((b"X-Forwarded-Proto", b"https"),)


def main(seed: int) -> None:
    django.setup()
    from tests.fuzz.serving import serve

    with serve(
        Path(os.environ["DIIP_VAR_DIR"], "strict.log"), DIIP_LOGINS_PER_ACCOUNT="10"
    ) as port:
        guessed = guess(port)
    with serve(Path(os.environ["DIIP_VAR_DIR"], "measured.log")) as port:
        found = {"guessed": guessed, "won": race(port), "medians": sign_in_medians(port)}
    found |= rotate(Random(seed))
    json.dump(found, sys.stdout)


# --- signing in -----------------------------------------------------------------------------------


def _post(port: int, path: str, body: object, address: str = "198.51.100.7"):
    from tests.fuzz.hostile import encode
    from tests.fuzz.wire import Request, send

    headers = ((b"X-Forwarded-For", address.encode()),)
    return send(port, Request(b"POST", path.encode(), encode(body), headers), HTTPS)


def _account(name: str):
    from accounts.models import User

    return User.objects.create_user(f"{name}-{time.time_ns()}@example.com", "correct horse 9")


def guess(port: int) -> int:
    """Wrong passwords for one account that were looked at, each from an address of its own."""
    wrong = {"email": _account("guessed").email, "password": "wrong"}

    def try_once(number: int) -> int:
        address = f"203.0.{number // 250}.{number % 250}"
        return _post(port, "/api/auth/login/", wrong, address).status

    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(try_once, range(WRONG_PASSWORDS)))
    assert set(statuses) <= {401, 429}, statuses
    return statuses[401]


def race(port: int) -> list[int]:
    """How many of those that spend one refresh token at the same moment win, race by race."""
    from accounts.sign_in import tokens

    user, won = _account("raced"), []
    with ThreadPoolExecutor(RACERS) as pool:
        for _ in range(RACES):
            spent = {"refresh": tokens.issue(user).refresh}
            racers = [pool.submit(_post, port, "/api/auth/refresh/", spent) for _ in range(RACERS)]
            won.append(sum(racer.result().status == 200 for racer in racers))
    return won


def sign_in_medians(port: int) -> dict[str, float]:
    """Milliseconds of a refusal: of an account with a wrong password, and of no account."""
    names = {"known": _account("known").email, "unknown": "nobody-at-all@example.com"}
    taken: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(SIGN_INS):
        for name, email in names.items():
            wrong = {"email": email, "password": "wrong"}
            taken[name].append(_post(port, "/api/auth/login/", wrong).seconds * 1000)
    return {name: round(median(times), 1) for name, times in taken.items()}


# --- moving to a new key --------------------------------------------------------------------------


def rotate(dice: Random) -> dict[str, object]:
    """All tokens under a new key while syncs run and tokens are read; then without the old key."""
    from cryptography.fernet import Fernet
    from django.conf import settings

    from integrations.lifecycle import key_rotation

    old, new = settings.DIIP_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    ids = _fill()
    key_rotation.check_keys()
    settings.DIIP_ENCRYPTION_KEYS = [new, old]
    with _syncing() as synced, _reading(ids, dice) as read:
        started = time.monotonic()
        report = key_rotation.rotate()
        seconds = time.monotonic() - started
    settings.DIIP_ENCRYPTION_KEYS = [new]
    left = key_rotation.count_keys()
    failed = _unreadable(ids)
    settings.DIIP_ENCRYPTION_KEYS = [old]
    return {
        "rotated": report.rotated,
        "rotation_seconds": round(seconds, 1),
        "syncs": dict(synced),
        "reads": dict(read),
        "left_under_old": left.old + left.unreadable,
        "unreadable_with_new": failed,
        "readable_with_old": len(ids) - _unreadable(ids),
    }


def _fill() -> list[int]:
    from integrations.credentials import crypto
    from integrations.models import Integration
    from projects.models import Project

    project = Project.objects.create(name="Ten thousand")
    # Paused: what is measured is the keys, not ten thousand syncs.
    fields = {"provider": "github", "base_url": "https://api.github.com", "status": "disabled"}
    made = [
        Integration(project=project, scope=f"octo/{number}", next_sync_at=None, **fields)
        for number in range(TOKENS)
    ]
    Integration.objects.bulk_create(made, batch_size=500)
    for one in made:
        one.token_ciphertext = crypto.encrypt(f"ghp_{one.pk}", row_id=one.pk)
    Integration.objects.bulk_update(made, ["token_ciphertext"], batch_size=200)
    return [one.pk for one in made]


@contextmanager
def _until_done(work: Callable[[Counter[str]], None]) -> Iterator[Counter[str]]:
    """`work` again and again beside what stands inside; what it counted."""
    from django.db import connection

    counted: Counter[str] = Counter()
    is_over = threading.Event()

    def go_on() -> None:
        while not is_over.is_set() or not counted:
            work(counted)
        connection.close()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield counted
    finally:
        is_over.set()
        thread.join()


@contextmanager
def _syncing() -> Iterator[Counter[str]]:
    """Whole syncs of a simulated repository, one after the other; counted by how they ended."""
    from django.conf import settings

    from simulator.server import TrackerServer
    from tests.simulated_sync import make_desk

    with TrackerServer(issues=5, quota=None) as server:
        settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{server.port}"]
        desk = make_desk(server, 20)

        def sync(counted: Counter[str]) -> None:
            counted[desk.sync().state] += 1

        with _until_done(sync) as counted:
            yield counted


@contextmanager
def _reading(ids: list[int], dice: Random) -> Iterator[Counter[str]]:
    from integrations.credentials import crypto

    def read(counted: Counter[str]) -> None:
        time.sleep(0.002)  # room for the syncs
        pk = dice.choice(ids)
        counted["failed" if _is_unreadable(pk, crypto) else "read"] += 1

    with _until_done(read) as counted:
        yield counted


def _unreadable(ids: list[int]) -> int:
    from integrations.credentials import crypto
    from integrations.models import Integration

    rows = Integration.objects.filter(pk__gte=ids[0], pk__lte=ids[-1])
    return sum(
        _is_lost(crypto, pk, text) for pk, text in rows.values_list("pk", "token_ciphertext")
    )


def _is_unreadable(pk: int, crypto) -> bool:
    from integrations.models import Integration

    text = Integration.objects.filter(pk=pk).values_list("token_ciphertext", flat=True).get()
    return _is_lost(crypto, pk, text)


def _is_lost(crypto, pk: int, text: str) -> bool:
    try:
        return crypto.decrypt(text, row_id=pk) != f"ghp_{pk}"
    except crypto.TokenUnreadable:
        return True


if __name__ == "__main__":
    main(int(sys.argv[1]))
