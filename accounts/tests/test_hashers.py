"""Memory cost of password hashes and the limit on concurrent ones."""

import os
import signal
import threading

import pytest
import yaml
from django.conf import settings as django_settings
from django.contrib.auth import hashers as django_hashers
from django.test import override_settings

from accounts.sign_in import hashers
from accounts.tests.conftest import PASSWORD

ROOT = django_settings.BASE_DIR
OURS = "accounts.sign_in.hashers.BoundedArgon2Hasher"
DJANGOS = "django.contrib.auth.hashers.Argon2PasswordHasher"
PROCESS_MIB = 160
"""Memory of an idle web process (docs/operations.md) with a margin."""


@pytest.fixture
def real_hasher():
    with override_settings(PASSWORD_HASHERS=[OURS]):
        yield


@pytest.fixture
def others_hash(monkeypatch):
    """Occupy all slots and shorten the wait."""
    monkeypatch.setattr(hashers, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(hashers, "_slots", threading.Semaphore(0))


def settings_first() -> str:
    """Use the production hasher, which the test settings replace."""
    text = (ROOT / "diip" / "settings" / "accounts.py").read_text()
    return text.partition("PASSWORD_HASHERS = [")[2].split('"')[1]


def web_limits() -> list[int]:
    """Return the memory limits of the web container in MiB (Compose, Kubernetes)."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    manifest = next(yaml.safe_load_all((ROOT / "deploy/kubernetes/web.yaml").read_text()))
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    limits = (compose["services"]["web"]["mem_limit"], container["resources"]["limits"]["memory"])
    return [int(limit.rstrip("Mmi")) for limit in limits]


def test_hashes_of_all_threads_fit_the_container():
    with override_settings(PASSWORD_HASHERS=[settings_first()]):
        hasher = django_hashers.get_hasher()
    workers = int(os.environ.get("WEB_WORKERS", "2"))
    threads = int(os.environ.get("WEB_THREADS", "4"))

    needed = workers * (PROCESS_MIB + threads * hasher.memory_cost / 1024)

    assert all(needed <= limit for limit in web_limits())


def test_older_hash_is_accepted_and_renewed_at_sign_in(api, make_user, real_hasher):
    with override_settings(PASSWORD_HASHERS=[DJANGOS]):
        user = make_user()
    assert "m=102400,t=2,p=8" in user.password

    answer = api.post("/api/auth/login/", {"email": user.email, "password": PASSWORD})

    user.refresh_from_db()
    assert "m=19456,t=2,p=1" in user.password
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    assert api.get("/api/auth/me/").status_code == 200


def test_sign_in_without_a_free_slot_is_503(api, make_user, real_hasher, others_hash):
    credentials = {"email": "nobody@example.com", "password": PASSWORD}

    refused = api.post("/api/auth/login/", credentials)

    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert refused.json()["code"] == "unavailable"


def test_admin_sign_in_without_a_free_slot_is_503(api, db, real_hasher, others_hash):
    form = {"username": "nobody@example.com", "password": PASSWORD}

    refused = api.post("/admin/login/", form, format="multipart")

    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert refused["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forking with threads
def test_forked_process_can_hash():
    hashers.BoundedArgon2Hasher().encode("a", "saltsalt")  # the threads are there now
    child = os.fork()
    if not child:
        signal.alarm(60)  # a wait for the parent's threads would never end
        hashers.BoundedArgon2Hasher().encode("a", "saltsalt")
        os._exit(0)

    assert os.waitpid(child, 0)[1] == 0


def test_at_most_two_hashes_run_at_once(at_once, monkeypatch):
    running, most = set(), []
    meet = threading.Barrier(hashers.HASHES_AT_ONCE)

    def encode(hasher, password, salt):
        running.add(password)
        meet.wait()  # two are here at once
        most.append(len(running))
        meet.wait()
        running.discard(password)
        return ""

    monkeypatch.setattr(django_hashers.Argon2PasswordHasher, "encode", encode)
    hasher = hashers.BoundedArgon2Hasher()

    at_once(8, lambda number: hasher.encode(str(number), "salt"))

    assert max(most) == hashers.HASHES_AT_ONCE
