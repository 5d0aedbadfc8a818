"""Refused, moved or gone: what is asked afterwards, and what is kept."""

from datetime import timedelta

import pytest

from diip.common.errors import Conflict
from integrations.lifecycle.connect import Change, change_integration
from integrations.models import Integration
from tests.simulated_sync import TOKEN, Desk

HOUR, MINUTE = 3600, 60


# --- refused --------------------------------------------------------------------------------------


def test_revoked_token_is_confirmed_once_then_nothing_until_it_changes(still_desk: Desk) -> None:
    github = still_desk.server.github
    github.between_pages("/issues$", after=1, act=lambda: github.access.revoked.add(TOKEN))

    run = still_desk.sync()
    refused = [seen.status for seen in still_desk.requests()].count(401)
    still_desk.server.journal.clear()
    still_desk.sweep()
    with pytest.raises(Conflict, match="Enter a new token"):
        still_desk.sync()

    assert (run.state, run.error_kind, run.pages) == ("failed", "auth", 1)
    assert refused == 2  # the page, and one confirming call
    assert still_desk.requests() == []
    assert (still_desk.integration.status, still_desk.integration.next_sync_at) == (
        "needs_attention",
        None,
    )


def test_new_token_goes_on_where_the_old_one_was_refused(still_desk: Desk) -> None:
    still_desk.strike("bad_token", path="/repos")
    still_desk.sync()
    still_desk.server.faults.clear()

    change_integration(
        integration=still_desk.integration, actor=still_desk.owner, change=Change(token="ghp_two")
    )
    run = still_desk.sync()

    assert (run.state, still_desk.integration.status) == ("succeeded", "healthy")
    assert still_desk.differences() == {}


def test_single_refusal_by_mistake_is_no_revoked_token(still_desk: Desk) -> None:
    still_desk.strike("bad_token", times=1)

    run = still_desk.sync()

    assert (run.error_kind, still_desk.integration.status) == ("unavailable", "degraded")
    assert still_desk.recover().state == "succeeded"
    assert still_desk.differences() == {}


REFUSALS = [
    ("forbidden", "access_denied", "issues=read"),
    ("sso_required", "access_denied", "single sign-on"),
    ("legal", "access_denied", "legal"),
    ("gone", "config", "are disabled"),
]


@pytest.mark.parametrize(("kind", "error", "words"), REFUSALS)
def test_refusal_names_its_fix_and_waits_for_a_person(
    still_desk: Desk, kind: str, error: str, words: str
) -> None:
    still_desk.strike(kind)

    run = still_desk.sync()
    still_desk.server.journal.clear()
    still_desk.sweep()

    assert (run.state, run.error_kind) == ("failed", error)
    assert words in still_desk.integration.status_message
    assert (still_desk.integration.status, still_desk.integration.next_sync_at) == (
        "needs_attention",
        None,
    )
    assert still_desk.requests() == []
    assert still_desk.recover().state == "succeeded"
    assert still_desk.differences() == {}


def test_redirect_to_another_host_is_not_followed(still_desk: Desk) -> None:
    still_desk.strike("redirect", to="https://other.test/repos")

    run = still_desk.sync()

    assert (run.error_kind, still_desk.integration.status) == ("config", "needs_attention")
    assert "token" in run.error_message


# --- gone and moved -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["incremental", "census"])
def test_missing_repository_buries_nothing_and_is_asked_again_hours_later(
    desk: Desk, kind: str
) -> None:
    desk.sync()
    before = desk.tables()
    desk.strike("not_found", path="/", nth=1)

    first = desk.sync(kind)
    status, again_in = desk.integration.status, desk.integration.next_sync_at - first.started_at
    Integration.objects.update(status_since=first.started_at - timedelta(hours=5))
    second = desk.sync(kind)

    assert [first.error_kind, second.error_kind] == ["not_found", "not_found"]
    assert (status, again_in > timedelta(hours=3)) == ("degraded", True)
    assert (desk.integration.status, desk.integration.next_sync_at) == ("needs_attention", None)
    assert desk.tables() == before
    assert desk.recover().state == "succeeded"


@pytest.mark.parametrize("is_idle", [True, False])
def test_renamed_repository_is_followed_once_and_stored(desk: Desk, is_idle: bool) -> None:
    desk.sync()
    desk.server.github.rename(desk.repository, to=f"{desk.repository}-new")
    desk.repository += "-new"
    if not is_idle:
        desk.changes.touch_some(5)

    run = desk.sync()
    desk.server.journal.clear()
    desk.sync()

    assert (run.state, desk.integration.scope) == ("succeeded", desk.repository)
    assert 301 not in [seen.status for seen in desk.requests()]
    assert desk.differences() == {}
