"""The headers that keep browsers strict, on every answer there is."""

import pytest
from django.test import RequestFactory

from tests.tenants import make_world
from tests.test_url_table import API_ROUTES, admin_pages, url_of

STRICT = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
READ = [route for route in API_ROUTES if route.startswith("GET ")]
HTTPS = {"secure": True}


@pytest.fixture(autouse=True)
def https(settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_SSL_REDIRECT = True


def assert_strict(answer):
    assert {name: answer.get(name) for name in STRICT} == STRICT
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert answer["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert answer["Cross-Origin-Resource-Policy"] in ("same-origin", "cross-origin")
    assert "no-store" in answer["Cache-Control"] or "no-cache" in answer["Cache-Control"]


def scripts_of(policy: str) -> str:
    parts = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    return parts.get("script-src", parts["default-src"])


def test_every_route_is_strict_to_everybody(db, subtests, monkeypatch):
    monkeypatch.setattr("monitoring.api.views.find_what_is_down", list)
    world = make_world()
    for route in READ:
        with subtests.test(route):
            for actor in ("anonymous", "outsider", "owner"):
                answer = world.clients[actor].get(url_of(route, world.ours.ids), **HTTPS)

                assert_strict(answer)
                assert "unsafe-inline" not in scripts_of(answer["Content-Security-Policy"])


def test_every_page_of_the_admin_is_strict(client, make_user):
    client.force_login(make_user("root@example.com", role="admin"))

    for page in admin_pages():
        if "<" not in page:
            assert_strict(client.get(f"/{page}", **HTTPS))


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/api/nothing/", {}, 404),
        ("/nothing/", {}, 404),
        ("/admin/nothing/", {}, 302),
        ("/static/nothing.js", {}, 404),
        ("/api/auth/me/", {"HTTP_HOST": "evil.example"}, 400),
        ("/admin/login/", {"HTTP_HOST": "evil.example"}, 400),
        ("/?a=%00", {}, 400),
        ("/api/projects", {}, 301),
    ],
)
@pytest.mark.django_db
def test_errors_and_redirects_are_strict(client, path, options, status):
    answer = client.get(path, **HTTPS, **options)

    assert answer.status_code == status
    assert_strict(answer)


def test_a_body_that_is_too_large_is_strict(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    body = {"data": b" " * 11, "content_type": "application/json"}
    answer = client.post("/api/auth/register/", **body, **HTTPS)

    assert answer.status_code == 413
    assert_strict(answer)


@pytest.mark.parametrize("path", ["/healthz", "/api/auth/me/"])
def test_a_fault_of_ours_is_strict_and_says_nothing(client, monkeypatch, path):
    def fail(*_: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("diip.common.http_api.middleware._refusal", fail)
    client.raise_request_exception = False
    answer = client.get(path, **HTTPS)

    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()
    assert_strict(answer)


def test_static_files_are_strict_and_kept(client, settings):
    page = client.get("/api/docs/", **HTTPS).content.decode()
    script = "/static/" + page.partition('src="/static/')[2].partition('"')[0]
    answer = client.get(script, **HTTPS)

    assert answer.status_code == 200
    assert {name: answer.get(name) for name in STRICT} == STRICT
    assert "max-age" in answer["Cache-Control"]


def test_https_is_not_promised_over_http(client):
    answer = client.get("/healthz")

    assert "Strict-Transport-Security" not in answer
    assert RequestFactory().get("/").is_secure() is False
