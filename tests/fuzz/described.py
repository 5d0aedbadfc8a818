"""Requests that schemathesis makes of the API's own description, sound and unsound ones."""

import contextlib
import json
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.fuzz.judging import Verdict
from tests.fuzz.planting import Planted
from tests.fuzz.wire import Answer, Request

load_all_checks()
PROMISES = [
    CHECKS.get_one(name)
    for name in (
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    )
]
TAKES_AWAY = ("delete", "/auth/password/", "/auth/logout/", "/auth/me/")
ACTORS = ("owner", "owner", "outsider", "viewer", "admin")
HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}


def attack(port: int, planted: Planted, verdict: Verdict, dice: Random, each: int) -> None:
    """`each` requests of either mode to every operation."""
    url = f"http://127.0.0.1:{port}"
    document = requests.get(f"{url}/api/schema/", headers=HTTPS, timeout=30).json()
    schema = schemathesis.openapi.from_dict(document)
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            actor = _actor(operation, dice)
            _ask(
                operation.as_strategy(generation_mode=mode),
                each,
                dice,
                _Asker(url, planted, verdict, actor),
            )


def _actor(operation: Any, dice: Random) -> str:
    """What takes away is asked for by those who have nothing to lose."""
    place = f"{operation.method} {operation.path}".lower()
    if any(word in place for word in TAKES_AWAY) or "/members/" in place:
        return "anonymous" if "/auth/" in place else "viewer"
    return dice.choice(ACTORS)


def _ask(strategy: Any, each: int, dice: Random, asker: "_Asker") -> None:
    @hypothesis.seed(dice.randrange(2**32))
    @hypothesis.settings(
        max_examples=each,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=strategy)
    def ask(case: Any) -> None:
        asker.send(case)

    with contextlib.suppress(hypothesis.errors.Unsatisfiable):
        ask()


class _Asker:
    def __init__(self, url: str, planted: Planted, verdict: Verdict, actor: str) -> None:
        self.url, self.planted, self.verdict, self.actor = url, planted, verdict, actor
        pairs = planted.authority(actor)
        self.headers = HTTPS | {name.decode(): value.decode() for name, value in pairs}

    def send(self, case: Any) -> None:
        ids = self.planted.ids()
        real = {name: value for name, value in ids.items() if name in (case.path_parameters or {})}
        case.path_parameters = {**(case.path_parameters or {}), **real}
        try:
            response = case.call(base_url=self.url, headers=self.headers, timeout=30)
        except (requests.RequestException, UnicodeError, ValueError):
            return  # what the client itself cannot write
        route = f"{case.method} {case.operation.path} (described)"
        body = json.dumps(case.body, default=repr)[:80].encode() if case.body else None
        target = urlsplit(str(response.request.url))._replace(scheme="", netloc="").geturl()
        request = Request(
            case.method.encode(), target.encode(), body, actor=self.actor, route=route
        )
        told = {name.lower(): values[0] for name, values in response.headers.items()}
        answer = Answer(response.status_code, response.content, told, response.elapsed)
        self.verdict.take(request, answer)
        for complaint in _complaints(case, response):
            self.verdict.blame("not as described", f"{route}: {complaint}")


def _complaints(case: Any, response: Any) -> Iterator[str]:
    if "content-security-policy" not in response.headers:
        return  # gunicorn's own words on what is no request (400, 414, 431): DIIP was not asked
    try:
        case.validate_response(response, checks=PROMISES)
    except AssertionError as failure:
        yield " ".join(str(failure).split())[:300]
    except BaseExceptionGroup as failures:
        yield from (" ".join(str(one).split())[:300] for one in failures.exceptions)
