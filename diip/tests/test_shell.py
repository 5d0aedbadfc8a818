"""Middleware of all requests: headers, malformed paths, paging, known parameters."""

import pytest
from django.http import QueryDict
from django.test import RequestFactory, override_settings
from django.urls import path
from rest_framework.generics import ListAPIView
from rest_framework.serializers import ModelSerializer

from accounts.models import User
from diip.common.http_api.client_address import client_address
from diip.common.http_api.query import KnownParametersMixin


class NameSerializer(ModelSerializer):
    class Meta:
        model = User
        fields = ("email",)


class AccountList(KnownParametersMixin, ListAPIView):
    queryset = User.objects.order_by("id")
    serializer_class = NameSerializer
    known_parameters = frozenset({"colour"})


urlpatterns = [path("api/accounts/", AccountList.as_view())]
LIST = "/api/accounts/"
own_urls = pytest.mark.urls(__name__)


@own_urls
@pytest.mark.parametrize(
    "query", ["", "page=1", "page_size=1000000", "colour=red", "page=1&page_size=3"]
)
def test_known_parameters_are_accepted(known_api, query):
    answer = known_api.get(f"{LIST}?{query}")

    assert answer.status_code == 200
    assert answer.json()["count"] == 1


@own_urls
@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("color=red", 400, "Known parameters: colour, page, page_size."),
        ("page=0", 400, "whole number of at least 1"),
        ("page=x", 400, "whole number"),
        ("page=-1", 400, "whole number"),
        ("page=%D9%A1", 400, "whole number"),
        ("page=" + "9" * 5000, 400, "whole number"),
        ("page_size=x", 400, "whole number"),
        ("page_size=0", 400, "whole number"),
        ("page=2", 404, "There is no page 2"),
        ("page=999999999", 404, "There is no page"),
        ("page=%00", 400, "NUL"),
        ("a\\u0000=1&%00=1", 400, "NUL"),
        ("page=%ff", 400, "whole number"),
        ("page=%ed%a0%80", 400, "whole number"),
        ("page=%zz", 400, "whole number"),
        ("&".join(f"a{n}=1" for n in range(2000)), 400, ""),
    ],
)
def test_invalid_parameters_are_refused(known_api, query, status, words):
    answer = known_api.get(f"{LIST}?{query}")

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert words in answer.json()["detail"]


@own_urls
def test_pages_are_linked(known_api):
    User.objects.bulk_create(User(email=f"a{number}@example.com") for number in range(250))
    seen, url = [], f"{LIST}?page_size=1000"
    while url:
        page = known_api.get(url).json()
        seen.append(len(page["results"]))
        url = page["next"]

    assert seen == [200, 51]


@own_urls
def test_stranger_learns_nothing_about_parameters(api):
    assert api.get(f"{LIST}?nonsense=1").status_code == 401


@pytest.mark.parametrize("place", ["/api/auth/me/", "/admin/login/", "/api/nowhere/%00/"])
def test_nul_is_refused_everywhere(client, place):
    assert client.get(place, {"a": "\0"}).status_code == 400


@pytest.mark.django_db
def test_nul_in_a_cookie_is_refused(client):
    client.cookies.load('sessionid="' + r"\000" * 32 + '"')

    assert client.get("/admin/").status_code == 400


@pytest.mark.parametrize(
    "place", ["/api/%ff%fe/", "/api/../admin/", "/api/%2e%2e/", "//api//", "/api/\ud7ff/"]
)
def test_malformed_paths_are_4xx(client, place):
    assert client.get(place).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "policy"),
    [("/api/nothing/", "default-src 'none'"), ("/admin/login/", "default-src 'self'")],
)
def test_every_response_has_security_headers(client, url, policy):
    answer = client.get(url)

    assert answer["Content-Security-Policy"].startswith(policy)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


def test_foreign_origins_are_allowed_only_where_listed(client, settings):
    closed = client.get("/api/nothing/", HTTP_ORIGIN="https://app.example")
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    opened = client.get("/api/nothing/", HTTP_ORIGIN="https://app.example")
    other = client.get("/api/nothing/", HTTP_ORIGIN="https://evil.example")

    assert "Access-Control-Allow-Origin" not in closed
    assert opened["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Access-Control-Allow-Origin" not in other
    assert "Access-Control-Allow-Credentials" not in opened


def test_plain_http_redirects_except_probes(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    moved = client.get("/api/auth/me/")

    assert moved.status_code == 301
    assert moved["Location"].startswith("https://")
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(("proxies", "status"), [(0, 301), (1, 401)])
def test_only_own_proxy_sets_https(client, proxies, status):
    header = ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None
    with override_settings(SECURE_SSL_REDIRECT=True, SECURE_PROXY_SSL_HEADER=header):
        answer = client.get("/api/auth/me/", HTTP_X_FORWARDED_PROTO="https")

    assert answer.status_code == status


def test_head_has_headers_and_no_body(client):
    answer = client.head("/api/schema/")

    assert answer.status_code == 200
    assert answer.content == b""


def test_reads_are_redirected_to_the_slash(client):
    assert client.get("/api/auth/me").status_code == 301
    assert client.post("/api/auth/login").status_code == 404


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "client"),
    [
        (0, "1.2.3.4", "192.0.2.1", "192.0.2.1"),
        (1, "1.2.3.4", "192.0.2.1", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "192.0.2.1", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "192.0.2.1", "1.2.3.4"),
        (2, "1.2.3.4", "192.0.2.1", "192.0.2.1"),
        (1, "rubbish", "192.0.2.1", "192.0.2.1"),
        (1, "", "192.0.2.1", "192.0.2.1"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (0, "", "::ffff:192.0.2.1", "192.0.2.1"),
        (0, "", "", "unknown"),
    ],
)
def test_client_address_is_read_from_own_proxies_only(settings, proxies, forwarded, peer, client):
    settings.NUM_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)

    assert client_address(request) == client


def test_query_strings_hold_no_surrogates():
    """Django replaces invalid UTF-8, so the guard need not check for surrogates."""
    assert QueryDict("a=%ed%a0%80")["a"] == "\ufffd" * 3
