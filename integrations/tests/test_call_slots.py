"""Interactive calls: short, two at once, one per user."""

import pytest

from integrations.credentials import access
from integrations.http.call_slots import AT_ONCE, one_of_few
from integrations.models import Integration
from integrations.providers.contract.base import ProviderUnavailable
from integrations.tests.upstream import answer, upstream

BODY = {"token": "ghp_secret", "repository": "octo/hello"}


@pytest.fixture
def url(team) -> str:
    return f"{team.url}integrations/github/connect/"


def assert_refused(answered, why: str) -> None:
    assert (answered.status_code, answered.json()["code"]) == (429, "too_many_requests")
    assert answered["Retry-After"] == "10"
    assert why in answered.json()["detail"]


def test_a_user_has_one_call_under_way(team, tracker, url):
    with one_of_few(team.owner):
        assert_refused(team.call("owner").post(url, BODY), "previous check")
        assert tracker.asked == []
        assert team.call("maintainer").post(url, BODY).status_code == 201

    assert team.call("owner").post(url, {**BODY, "repository": "octo/b"}).status_code == 201


def test_two_calls_are_under_way_in_a_process(team, tracker, url):
    assert AT_ONCE == 2
    with one_of_few(team.maintainer), one_of_few(team.viewer):
        assert_refused(team.call("owner").post(url, BODY), "other trackers")

    assert team.call("owner").post(url, BODY).status_code == 201


def test_a_new_token_is_such_a_call_and_a_pause_is_none(team, connect, tracker):
    one = f"{team.url}integrations/{connect().pk}/"
    with one_of_few(team.owner):
        assert_refused(team.call("owner").patch(one, {"token": "ghp_new"}), "previous check")
        assert team.call("owner").patch(one, {"paused": True}).status_code == 200


def test_a_failed_call_gives_its_place_back(team, tracker, url):
    for _ in range(AT_ONCE + 1):
        tracker.error = ProviderUnavailable("It does not answer.")
        assert team.call("owner").post(url, BODY).status_code == 503

    tracker.error = None
    assert team.call("owner").post(url, BODY).status_code == 201


def test_a_check_has_its_own_short_time_in_all(team, url, settings, monkeypatch):
    monkeypatch.setattr(access, "CHECK_SECONDS", 0.0)
    with upstream(answer(b"{}")) as server:
        settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{server.port}"]

        refused = team.call("owner").post(url, {**BODY, "api_url": server.url})

    assert (refused.status_code, refused.json()["code"]) == (503, "upstream_unavailable")
    assert not Integration.objects.exists()
