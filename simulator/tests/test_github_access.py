"""The simulated GitHub's door: tokens, quota, conditional requests, redirects, refusals."""

import json
from datetime import UTC, datetime

import pytest

from simulator.github.access import Token
from simulator.tests.simulated import ALL, ENGINE, ROOT, Reader, reader

__all__ = ["reader"]


# --- conditional requests and quota ---------------------------------------------------------------


def test_unchanged_page_is_304_and_costs_nothing(reader):
    first = reader.ask(ALL, authorization="Bearer t")

    again = reader.ask(ALL, authorization="Bearer t", if_none_match=first.headers["ETag"])

    assert first.headers["ETag"].startswith('W/"')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["X-RateLimit-Remaining"] == first.headers["X-RateLimit-Remaining"]


def test_changed_page_has_another_etag(reader):
    first = reader.ask(ALL)

    reader.changes.touch(4)

    assert reader.ask(ALL, if_none_match=first.headers["ETag"]).status == 200


def test_quota_runs_out_and_refills_after_an_hour():
    reader = Reader(quota=2)
    reader.ask(ALL, authorization="Bearer t")
    last = reader.ask(ALL, authorization="Bearer t")

    refused = reader.ask(ALL, authorization="Bearer t")
    reader.clock.shift(3600)

    assert last.headers["X-RateLimit-Remaining"] == "0"
    assert (refused.status, refused.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert int(refused.headers["X-RateLimit-Reset"]) == reader.clock.now()
    assert reader.ask(ALL, authorization="Bearer t").status == 200


def test_each_token_has_its_own_quota_and_nobody_has_sixty(reader):
    reader.ask(ALL, authorization="Bearer one")

    other = reader.ask(ALL, authorization="token two")
    nobody = reader.ask(ALL)

    assert other.headers["X-RateLimit-Used"] == "1"
    assert nobody.headers["X-RateLimit-Limit"] == "60"


def test_enterprise_without_limits_sends_no_quota_headers():
    reader = Reader(quota=None)

    reply = reader.ask(ALL)

    assert not [name for name in reply.headers if name.startswith("X-RateLimit-")]
    assert reader.ask("/rate_limit").status == 404


def test_rate_limit_tells_the_quota_for_free(reader):
    reader.ask(ALL, authorization="Bearer t")

    core = reader.read("/rate_limit", authorization="Bearer t")["resources"]["core"]

    assert (core["limit"], core["used"], core["remaining"]) == (5000, 1, 4999)
    assert reader.read("/rate_limit", authorization="Bearer t")["resources"]["core"] == core


# --- who asks -------------------------------------------------------------------------------------


def test_any_token_is_good_until_some_are_named():
    named = Reader(tokens=[Token("good")])

    assert Reader().ask(ALL, authorization="Bearer anything").status == 200
    assert named.ask(ALL, authorization="Bearer good").status == 200
    assert named.ask(ALL, authorization="Bearer anything").status == 401
    assert named.ask(ALL).status == 200


def test_token_expires_on_the_trackers_clock_and_says_so(reader):
    ends = datetime.fromtimestamp(reader.clock.now() + 60, UTC)
    reader = Reader(tokens=[Token("t", scopes="", expires_at=ends)])

    good = reader.ask(ALL, authorization="Bearer t")
    reader.clock.shift(60)

    expiry = f"{ends:%Y-%m-%d %H:%M:%S} UTC"
    assert good.headers["GitHub-Authentication-Token-Expiration"] == expiry
    assert "X-OAuth-Scopes" not in good.headers
    assert reader.ask(ALL, authorization="Bearer t").status == 401


def test_revoked_token_is_401(reader):
    assert reader.ask("/user", authorization="Bearer t").status == 200

    reader.github.access.revoked.add("t")

    assert reader.ask("/user", authorization="Bearer t").status == 401


def test_private_repository_is_404_without_the_right():
    tokens = [Token("mine"), Token("other", repositories=())]
    reader = Reader(tokens=tokens)

    assert reader.ask("/repos/octo/private", authorization="Bearer mine").status == 200
    assert reader.ask("/repos/octo/private", authorization="Bearer other").status == 404
    assert reader.ask("/repos/octo/private").status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"user_agent": ""}, 403),
        ({"x_github_api_version": "2019-01-01"}, 400),
        ({"x_github_api_version": "2026-03-10"}, 200),
    ],
)
def test_headers_the_door_asks_for(reader, headers, status):
    assert reader.ask(ALL, **headers).status == status


def test_newest_version_has_no_single_assignee(reader):
    assert "assignee" in reader.read(ALL)[0]
    assert "assignee" not in reader.read(ALL, x_github_api_version="2026-03-10")[0]


# --- where things are -----------------------------------------------------------------------------


def test_renamed_repository_redirects_to_its_id_with_the_query(reader):
    moved = reader.ask("/repos/octo/old-engine/issues?state=all")

    target = moved.headers["Location"]
    assert moved.status == 301
    assert target == f"{ROOT}/github/repositories/{_id(reader)}/issues?state=all"
    assert reader.read(target) == reader.read(f"{ENGINE}/issues?state=all")


def test_rename_while_serving(reader):
    reader.github.rename("octo/engine", to="octo/motor")

    assert reader.ask(ENGINE).status == 301
    assert reader.read("/repos/octo/motor")["full_name"] == "octo/motor"
    assert "/repos/octo/motor/" in reader.read("/repos/octo/motor/issues")[0]["url"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/repos/octo/empty/issues", 200),
        ("/repos/octo/no-issues/issues", 410),
        ("/repos/octo/no-issues", 200),
        ("/repos/octo/unknown", 404),
        ("/repositories/1/issues", 404),
        ("/repos/octo/engine/issues/251", 404),
        ("/repos/octo/engine/issues/1", 200),
        ("/repos/octo/engine/wiki", 404),
        ("/meta", 200),
        ("/", 200),
        ("/user", 401),
    ],
)
def test_addresses(reader, path, status):
    reply = reader.ask(path)

    assert reply.status == status
    assert status == 200 or json.loads(reply.plain_body())["message"]


def test_gzip_only_for_those_who_take_it(reader):
    packed = reader.ask(ALL, accept_encoding="gzip, deflate")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) < len(packed.plain_body()) / 3
    assert packed.plain_body() == reader.ask(ALL).body


def _id(reader: Reader) -> int:
    return reader.github.repository("octo/engine").id
