"""Connection check of Jira: dialect, credential and stored address."""

from base64 import b64encode

import pytest

from integrations.providers.contract.base import (
    ProviderAuthError,
    ProviderConfigError,
    ProviderNotFound,
    ProviderUnavailable,
)
from integrations.providers.jira import Jira
from integrations.tests.jira_pages import (
    CLOUD,
    CLOUD_ID,
    GATEWAY,
    SERVER,
    SERVER_SITE,
    SITE,
    cloud,
    found,
    myself,
    project,
    server,
    server_info,
    server_user,
)
from integrations.tests.provider_contract import TOKEN, FakeHttp, reply

BASIC = "Basic " + b64encode(f"ann@acme.test:{TOKEN}".encode()).decode()
UNSEEN = reply({}, 401)
SERVER_INFO = {"baseUrl": SERVER_SITE, "version": "9.12.1", "deploymentType": "Server"}
FIRST = {"scope_id": ""}


def check_cloud(*replies, base_url=SITE, **scope):
    http = FakeHttp(list(replies))
    return cloud(http, base_url=base_url, **(FIRST | scope)).check(), http


def check_server(*replies, base_url=SERVER_SITE, **scope):
    http = FakeHttp(list(replies))
    return server(http, base_url=base_url, **(FIRST | scope)).check(), http


def test_cloud_is_detected_and_stored_in_the_address():
    info, http = check_cloud(server_info(), myself(), project(key="ABC"))

    assert (info.base_url, info.scope, info.scope_id) == (CLOUD, "ABC", "10000")
    assert info.web_url == f"{SITE}/browse/ABC"
    assert http.urls == [
        f"{SITE}/rest/api/2/serverInfo", f"{CLOUD}/myself", f"{CLOUD}/project/ABC",
    ]  # fmt: skip


def test_the_credential_goes_to_who_asks_for_it_only():
    _, http = check_cloud(server_info(), myself(), project())

    assert [headers.get("Authorization") for headers in http.headers] == [None, BASIC, BASIC]


def test_data_center_is_detected():
    info, http = check_server(reply(SERVER_INFO), reply(server_user()), project())

    assert info.base_url == SERVER
    assert http.headers[1]["Authorization"] == f"Bearer {TOKEN}"


def test_an_old_server_that_does_not_say_what_it_is_is_no_cloud():
    old = reply({"baseUrl": SERVER_SITE, "version": "7.2.0"})

    info, _ = check_server(old, reply(server_user()), project())

    assert info.base_url == SERVER


def test_what_was_remembered_is_not_asked_again():
    info, http = check_cloud(myself(), project(), base_url=CLOUD)

    assert info.base_url == CLOUD
    assert len(http.urls) == 2


def test_server_that_refuses_anonymous_requests_gets_the_credential():
    info, http = check_server(UNSEEN, reply(SERVER_INFO), reply(server_user()), project())

    assert info.base_url == SERVER
    assert ["Authorization" in headers for headers in http.headers[:2]] == [False, True]


def test_notes_name_whose_token_it_is_and_the_zone():
    info, _ = check_cloud(server_info(), myself(), project(archived=True))

    assert info.notes[0].startswith("Jira is read as Ann (time zone America/Los_Angeles)")
    assert "archived" in info.notes[1]


# --- the wrong credential -------------------------------------------------------------------------


def test_cloud_without_an_email_is_refused():
    with pytest.raises(ProviderConfigError, match="give the e-mail"):
        check_cloud(server_info(), account="")


def test_data_center_with_an_email_is_refused():
    with pytest.raises(ProviderConfigError, match="need no e-mail"):
        check_server(reply(SERVER_INFO), account="ann@acme.test")


def test_a_wrong_token_is_found_out_before_anything_is_read():
    """Jira answers a search of an anonymous user with an empty list."""
    http = FakeHttp([server_info(), UNSEEN, reply({}, 404)])

    with pytest.raises(ProviderAuthError, match="wrong, expired or revoked"):
        cloud(http, base_url=SITE, **FIRST).check()

    assert not any("search" in url for url in http.urls)


def test_reply_without_an_account_counts_as_anonymous():
    with pytest.raises(ProviderAuthError):
        check_server(reply(SERVER_INFO), reply({"displayName": "Anonymous"}))


def test_a_project_out_of_sight_is_not_found():
    with pytest.raises(ProviderNotFound, match="ABC does not exist or"):
        check_cloud(server_info(), myself(), reply({}, 404))


@pytest.mark.parametrize(
    "answer", [reply({}, 404), reply(b"<html>"), reply({"message": "hello"}), reply([])]
)
def test_address_without_a_jira_is_refused(answer):
    with pytest.raises(ProviderConfigError, match="No Jira answers"):
        check_cloud(answer)


def test_a_jira_that_is_down_is_unavailable():
    with pytest.raises(ProviderUnavailable):
        check_cloud(ProviderUnavailable("down"))


# --- ask 19: scoped tokens, through the gateway ---------------------------------------------------

TENANT = reply({"cloudId": CLOUD_ID})
THROUGH = f"{GATEWAY}/rest/api/3#{SITE}"


def test_ask_19_a_token_the_site_refuses_is_tried_once_through_the_gateway_and_remembered():
    info, http = check_cloud(server_info(), UNSEEN, TENANT, myself(), project())

    assert info.base_url == THROUGH
    assert info.web_url == f"{SITE}/browse/ABC"
    assert http.urls[2:] == [
        f"{SITE}/_edge/tenant_info",
        f"{GATEWAY}/rest/api/3/myself",
        f"{GATEWAY}/rest/api/3/project/ABC",
    ]
    assert "Authorization" not in http.headers[2]
    assert any("gateway" in note for note in info.notes)


def test_ask_19_what_was_remembered_goes_straight_to_the_gateway():
    http = FakeHttp([found()])

    list(cloud(http, base_url=THROUGH).census())

    assert http.urls == [f"{GATEWAY}/rest/api/3/search/jql"]


def test_ask_19_a_token_the_gateway_refuses_too_is_wrong():
    with pytest.raises(ProviderAuthError):
        check_cloud(server_info(), UNSEEN, TENANT, UNSEEN)


UNREACHABLE = ProviderUnavailable("api.atlassian.com gave no usable answer.")


@pytest.mark.parametrize("replies", [[UNREACHABLE], [TENANT, UNREACHABLE]])
def test_refusal_is_reported_if_the_gateway_is_unreachable(replies):
    with pytest.raises(ProviderAuthError, match="rejected the e-mail") as refusal:
        check_cloud(server_info(), UNSEEN, *replies)

    assert "gateway" in refusal.value.message


def test_site_that_refuses_anonymous_requests_is_reached_through_the_gateway():
    info, _ = check_cloud(UNSEEN, UNSEEN, TENANT, myself(), project())

    assert info.base_url == THROUGH


@pytest.mark.parametrize("odd", ["../../x", "", "a b"])
def test_a_cloud_id_that_is_none_is_not_put_into_an_address(odd):
    with pytest.raises(ProviderAuthError):
        check_cloud(server_info(), UNSEEN, reply({"cloudId": odd}))


def test_the_gateway_itself_may_be_given_and_the_site_is_asked_for():
    info, _ = check_cloud(server_info(), myself(), project(), base_url=GATEWAY, account="")

    assert info.base_url == THROUGH


def test_the_gateway_is_where_else_the_token_may_go():
    assert Jira.trusted_origins == (Jira.gateway,)
