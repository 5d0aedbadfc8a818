"""Redirects, addresses and call records of a session, against servers on loopback."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from integrations.http.session import log_calls, open_session
from integrations.models import ApiLog
from integrations.providers.contract.base import ProviderConfigError, ProviderResponseError
from integrations.tests.upstream import answer, session, upstream, world

__all__ = ["session", "world"]

ENDPOINT = "/repos/{owner}/{repo}/issues"
TOKEN = {"Authorization": "Bearer ghp_planted"}


def get(session, url, **options):
    return session.get(url, endpoint=ENDPOINT, **options)


# --- redirects ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "is_permanent"), [(301, True), (302, False), (307, False), (308, True)]
)
def test_a_redirect_on_the_same_host_is_followed(session, status, is_permanent):
    with (
        upstream(answer(b"", status, location="/repositories/7?a=b"), answer()) as server,
        session(server) as out,
    ):
        reply = get(out, server.url + "/repos/old", headers=TOKEN)

    assert (reply.url, reply.moved_permanently) == (
        server.url + "/repositories/7?a=b",
        is_permanent,
    )
    assert [path for path, _ in server.requests] == ["/repos/old", "/repositories/7?a=b"]
    assert server.requests[1][1]["authorization"] == "Bearer ghp_planted"
    assert len(out.calls) == 2


def test_a_token_is_never_carried_to_another_host(session, settings):
    with (
        upstream(answer()) as other,
        upstream(answer(b"", 302, location=other.url)) as server,
        session(server) as out,
    ):
        settings.DIIP_PRIVATE_HOSTS.append(f"127.0.0.1:{other.port}")
        assert get(out, server.url).url == other.url + "/"  # without a token it may go
        other.requests.clear()
        with pytest.raises(ProviderConfigError, match="must not be sent"):
            get(out, server.url, headers=TOKEN)

    assert other.requests == []


def test_a_session_with_a_token_asks_its_own_origin_only(session, settings):
    with (
        upstream(answer()) as other,
        upstream(answer()) as server,
        session(server, token_key="k") as out,
    ):
        settings.DIIP_PRIVATE_HOSTS.append(f"127.0.0.1:{other.port}")
        assert get(out, server.url).status == 200
        with pytest.raises(ProviderConfigError):
            get(out, other.url)

    assert other.requests == []


@pytest.mark.parametrize(
    "inside", ["http://127.0.0.1:1/", "https://10.0.0.1/", "file:///etc/passwd"]
)
def test_a_redirect_to_the_inside_is_refused(session, inside):
    with (
        upstream(answer(b"", 302, location=inside)) as server,
        session(server) as out,
        pytest.raises(ProviderConfigError),
    ):
        get(out, server.url)


def test_three_redirects_at_most(session):
    hop = answer(b"", 302, location="/next")
    with upstream(hop, hop, hop, answer()) as server, session(server) as out:
        assert get(out, server.url).status == 200
    with (
        upstream(hop) as server,
        session(server) as out,
        pytest.raises(ProviderResponseError),
    ):
        get(out, server.url)

    assert len(server.requests) == 4


# --- addresses ----------------------------------------------------------------------------------


def test_the_address_that_was_judged_is_the_one_connected_to(session, world):
    with upstream(answer()) as server:
        url = f"http://ghe.test:{server.port}"
        with session(server, url) as out:
            assert get(out, url).status == 200
            world.addresses = ["10.0.0.1"]  # the name now points elsewhere
            assert get(out, url).status == 200

    assert world.resolved == ["ghe.test"]
    assert server.requests[0][1]["host"] == f"ghe.test:{server.port}"


def test_a_name_with_an_inward_address_is_not_even_tried(world):
    world.addresses = ["93.184.216.34", "127.0.0.1"]
    url = "https://ghe.test"
    with (
        open_session(provider="github", base_url=url, outside=world.outside()) as out,
        pytest.raises(ProviderConfigError, match="DIIP_PRIVATE_HOSTS"),
    ):
        get(out, url)

    assert out.calls == []


def test_proxies_of_the_environment_are_not_used(session, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with upstream(answer()) as server, session(server) as out:
        assert get(out, server.url).status == 200


def test_a_token_that_cannot_be_sent_is_refused_in_our_words(session):
    with (
        upstream(answer()) as server,
        session(server) as out,
        pytest.raises(ProviderConfigError) as refusal,
    ):
        get(out, server.url, headers={"Authorization": "Bearer ghp_planted\r\nX: y"})

    assert "planted" not in str(refusal.value)
    assert server.requests == []


# --- records ------------------------------------------------------------------------------------


def quota(reset, remaining=4999):
    headers = {"limit": 5000, "remaining": remaining, "reset": reset}
    return {f"x_ratelimit_{name}": str(value) for name, value in headers.items()}


def test_the_quota_is_read(session):
    reset = int(datetime.now(UTC).timestamp()) + 1_800
    with upstream(answer(**quota(reset)), answer()) as server, session(server) as out:
        get(out, server.url)
        get(out, server.url)

    assert (out.quota.limit, out.quota.remaining) == (5000, 4999)
    assert out.quota.resets_at == datetime.fromtimestamp(reset, UTC)
    assert [call.quota for call in out.calls] == [out.quota, None]


def test_a_reset_years_ahead_is_a_mistake(session):
    with upstream(answer(**quota(10**12))) as server, session(server) as out:
        get(out, server.url)

    assert out.quota.resets_at <= datetime.now(UTC) + timedelta(days=1)


@pytest.mark.parametrize("value", ["", "many", "-1", "9" * 40, "1e3", "\xb2"])
def test_a_quota_that_makes_no_sense_is_none(session, value):
    with upstream(answer(**quota(value))) as server, session(server) as out:
        get(out, server.url)

    assert out.quota is None


def test_the_quota_of_the_search_is_another(session):
    searched = quota(4_000_000_000, 29) | {"x-ratelimit-resource": "search"}
    core = quota(4_000_000_000, 4000) | {"x-ratelimit-resource": "core"}
    with upstream(answer(**core), answer(**searched)) as server, session(server) as out:
        get(out, server.url)
        get(out, server.url)

    assert out.quota.remaining == 4000


def test_the_quota_refills_by_our_clock_whatever_theirs_says(session):
    theirs = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)

    def skewed(handler):
        handler.date_time_string = lambda: format_datetime(theirs, usegmt=True)
        answer(**quota(int(theirs.timestamp()) + 600))(handler)

    with upstream(skewed) as server, session(server) as out:
        get(out, server.url)

    refill_in = out.quota.resets_at - datetime.now(UTC)
    assert timedelta(minutes=9, seconds=30) < refill_in < timedelta(minutes=10, seconds=30)


@pytest.mark.django_db
def test_calls_become_rows_without_query_token_or_body(session):
    reply = answer(b"body", x_github_request_id="A1:B2<script>")
    with upstream(answer(b"", 500), reply) as server, session(server) as out:
        get(out, server.url + "/secret/path?key=value", headers=TOKEN)

    log_calls(out.calls, integration_id=None, provider="github")

    first, second = ApiLog.objects.order_by("id")
    assert (first.status_code, first.success, first.error_kind) == (500, False, "unavailable")
    assert (second.status_code, second.success, second.endpoint) == (200, True, ENDPOINT)
    assert second.upstream_request_id == "A1:B2script"
    stored = str(ApiLog.objects.values_list())
    assert not any(word in stored for word in ("planted", "key=value", "secret", "body"))


def test_no_token_in_any_repr(session):
    with upstream(answer(b"ghp_planted")) as server, session(server) as out:
        reply = get(out, server.url, headers=TOKEN)

    assert "planted" not in f"{out!r} {out.calls!r} {reply!r} {out._connections!r}"
