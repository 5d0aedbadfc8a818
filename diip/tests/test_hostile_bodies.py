"""Hostile request bodies get a 4xx problem and store nothing, on any database."""

import io
import json

import pytest

from accounts.models import User

GOOD = {"email": "ann@example.com", "password": "correct horse 9"}


def with_email(value) -> bytes:
    return json.dumps({**GOOD, "email": value}).encode()


BODIES = {
    "empty": b"",
    "blank": b"   ",
    "cut off": b'{"email": "ann',
    "text": b'"ann"',
    "null": b"null",
    "number": b"12",
    "list": b"[]",
    "list of objects": json.dumps([GOOD]).encode(),
    "deep lists": b"[" * 3000 + b"]" * 3000,
    "deep and broken": b"[" * 100_000,
    "deep in a field": with_email([]).replace(b"[]", b"[" * 2000 + b"]" * 2000),
    "nul": with_email("ann\0@example.com"),
    "nul in a name": json.dumps({**GOOD, "a\0": 1}).encode(),
    "surrogate": with_email("\ud800"),
    "surrogate in a name": json.dumps({**GOOD, "\udfff": 1}).encode(),
    "surrogate deep inside": with_email({"a": [{"b": "\ud800"}]}),
    "not utf-8": b'{"email": "\xff\xfe", "password": "x"}',
    "encoded surrogate": b'{"email": "\xed\xa0\x80", "password": "x"}',
    "utf-16": json.dumps(GOOD).encode("utf-16"),
    "nan": b'{"email": NaN, "password": Infinity}',
    "huge number": b'{"email": ' + b"9" * 5000 + b', "password": "x"}',
    "large number": with_email(10**30),
    "huge float": b'{"email": 1e999, "password": "x"}',
    "number for text": with_email(7),
    "true for text": with_email(True),
    "null for text": with_email(None),
    "object for text": with_email({"$gt": ""}),
    "list for text": with_email(["ann@example.com"]),
    "text too long": with_email("a" * 100_000 + "@example.com"),
    "password too long": json.dumps({**GOOD, "password": "x" * 100_000}).encode(),
    "number for the password": json.dumps({**GOOD, "password": 10**17}).encode(),
}
URLS = [
    "/api/auth/register/",
    "/api/auth/login/",
    "/api/token/",
    "/api/auth/refresh/",
    "/api/token/refresh/",
]


def assert_problem(answer, *statuses):
    assert answer.status_code in statuses, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert {"type", "title", "detail", "code"} <= problem.keys()
    assert "Traceback" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("url", URLS)
def test_hostile_body_is_refused(api, url, body):
    answer = api.post(url, data=body, content_type="application/json")

    assert_problem(answer, 400)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_valid_body_is_accepted(api):
    answer = api.post(URLS[0], data=json.dumps(GOOD).encode(), content_type="application/json")

    assert answer.status_code == 202


@pytest.mark.django_db
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_hostile_logout_and_profile_are_refused(api, known_api, body):
    kind = {"content_type": "application/json"}
    logout = api.post("/api/auth/logout/", data=body, **kind)
    profile = known_api.post("/api/auth/password/", data=body, **kind)

    assert_problem(logout, 400, 401)
    assert_problem(profile, 400)


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/json",
        "rubbish",
        "application/json; charset=utf-16",
        "application/json; charset=bz2",
        "application/json; charset=unicode_escape",
    ],
)
def test_only_utf_8_json_is_accepted(api, kind):
    body = json.dumps(GOOD).encode()

    assert_problem(api.post(URLS[0], data=body, content_type=kind), 415)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "query", "status"),
    [
        ("application/json; charset=bz2", "a=%ff", 415),
        ("application/json; charset=idna", "a=%ff", 415),
        ("application/json; charset*=nonsense'en'x", "a=%ff", 415),
        ("application/json; charset=utf-8", "&".join(["a=1"] * 2000), 400),
        ("application/json; charset=utf-8", "", 400),
    ],
)
def test_content_type_does_not_affect_url_decoding(kind, query, status):
    """Django's request class would raise before any middleware runs."""
    from diip.wsgi import application

    environ = {"CONTENT_TYPE": kind, "QUERY_STRING": query, "CONTENT_LENGTH": "2"}
    environ |= {"REQUEST_METHOD": "POST", "PATH_INFO": URLS[0], "wsgi.input": io.BytesIO(b"{}")}
    environ |= {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "wsgi.url_scheme": "http"}
    answers = []
    application(environ, lambda status, headers: answers.append(status))

    assert answers[0].startswith(str(status))


def test_body_over_the_limit_is_413(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = api.post(URLS[0], data=b" " * 1001, content_type="application/json")

    assert_problem(answer, 413)
