"""Who may come into a simulated Jira, through which door, and what they see there."""

import json

import pytest

from simulator.jira.access import Token
from simulator.tests.simulated_jira import (
    ALL,
    V2,
    V3,
    JiraReader,
    ServerReader,
    basic,
    messages,
    reader,
    server,
    still,
)

__all__ = ["reader", "server", "still"]

SEARCH = {"jql": ALL, "maxResults": 5000}


def gateway(reader: JiraReader) -> str:
    cloud_id = reader.read("/_edge/tenant_info", authorization="")["cloudId"]
    return f"/atlassian/ex/jira/{cloud_id}"


# --- the Cloud ------------------------------------------------------------------------------------


def test_address_and_token_open_the_site(still):
    me = still.read(f"{V3}/myself")

    assert (me["timeZone"], me["emailAddress"]) == (
        "America/Los_Angeles",
        "hana-forge@example.org",
    )
    assert me["accountType"] == "atlassian"


@pytest.mark.parametrize("authorization", ["", basic("bad"), "Basic !!!", "Basic", basic("", "")])
def test_wrong_token_is_nobody_and_finds_nothing(authorization):
    reader = JiraReader(tokens=[Token("good-token")])
    reader.authorization = authorization

    assert reader.ask(f"{V3}/myself").status == 401
    assert reader.page(**SEARCH) == {"issues": [], "isLast": True}
    assert reader.ask(f"{V3}/issue/ENG-1").status == 404
    assert reader.read(f"{V3}/project/search")["values"] == []
    assert reader.read(f"{V3}/serverInfo")["deploymentType"] == "Cloud"


def test_nobody_is_told_in_words_or_in_json(still):
    words = still.ask(f"{V3}/myself", authorization="")
    in_json = still.ask(f"{V3}/myself", authorization="", accept="application/json")

    assert words.body == b"Client must be authenticated to access this resource."
    assert words.headers["WWW-Authenticate"].startswith("OAuth realm=")
    assert json.loads(in_json.body)["status-code"] == 401


def test_bearer_at_the_site_is_403(still):
    reply = still.ask(f"{V3}/myself", authorization="Bearer x")

    assert reply.status == 403
    assert json.loads(reply.body) == {"error": "Failed to parse Connect Session Auth Token"}


def test_scoped_token_is_good_at_the_gateway_alone(reader):
    reader.authorization = basic("scoped-abc")

    assert reader.ask(f"{V3}/search/jql", SEARCH).status == 401
    assert reader.ask(f"{V3}/myself").status == 401
    assert reader.ask(f"{gateway(reader)}{V3}/myself").status == 200
    assert reader.ask(f"{gateway(reader)}{V3}/search/jql", SEARCH).status == 200


def test_gateway_shows_the_same_issues_under_its_own_address(reader):
    row = reader.read(f"{gateway(reader)}{V3}/issue/ENG-1", authorization="Bearer oauth")

    assert row["id"] == reader.issue("ENG-1")["id"]
    assert "/atlassian/ex/jira/" in row["self"]


def test_gateway_refuses_bad_tokens_and_unknown_clouds(reader):
    reader.jira.access.revoked.add("old")

    assert reader.ask(f"{gateway(reader)}{V3}/myself", authorization="Bearer old").status == 401
    assert reader.ask(f"/atlassian/ex/jira/nowhere{V3}/myself").status == 404


def test_token_goes_with_its_address():
    reader = JiraReader(tokens=[Token("t", email="hana@example.org")])

    assert reader.ask(f"{V3}/myself", authorization=basic("t")).status == 200
    assert reader.ask(f"{V3}/myself", authorization=basic("t", "x@example.org")).status == 401


def test_revoked_token_becomes_nobody(reader):
    assert len(reader.page(**SEARCH)["issues"]) == 120

    reader.jira.access.revoked.add("good-token")

    assert reader.page(**SEARCH)["issues"] == []


def test_unknown_endpoint_is_a_problem_of_the_framework(still):
    reply = still.ask(f"{V3}/nonsense")

    assert (reply.status, json.loads(reply.body)["title"]) == (404, "Not Found")
    assert reply.headers["Content-Type"].startswith("application/problem+json")


def test_gzip_only_for_those_who_take_it(still):
    packed = still.ask(f"{V3}/search/jql", SEARCH, accept_encoding="gzip")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.plain_body() == still.ask(f"{V3}/search/jql", SEARCH).body


# --- hidden things --------------------------------------------------------------------------------


def test_hidden_issue_is_404_and_absent(reader):
    reader.changes.hide("ENG-5")

    assert reader.ask(f"{V3}/issue/ENG-5").status == 404
    assert "ENG-5" not in reader.found()

    reader.changes.show("ENG-5")
    assert "ENG-5" in reader.found()


def test_link_to_a_hidden_issue_is_left_out(reader):
    reader.changes.link("ENG-1", to="ENG-2")
    reader.changes.hide("ENG-2")

    assert reader.issue("ENG-1")["fields"]["issuelinks"] == []


def test_hidden_project_is_404_and_finds_nothing(still):
    assert still.ask(f"{V3}/project/SECRET").status == 404
    assert still.found("project = SECRET") == []
    assert still.ask(f"{V3}/issue/SECRET-1").status == 404


def test_hidden_project_may_be_one_that_does_not_exist():
    reader = JiraReader(hides_quietly=False)

    assert "'SECRET' does not exist" in messages(
        reader.ask(f"{V3}/search/jql", {"jql": "project = SECRET"})
    )


def test_some_accounts_see_everything():
    reader = JiraReader(tokens=[Token("good-token", sees_all=True)])

    assert len(reader.found("project = SECRET")) == 8


def test_project_that_is_closed_while_one_reads(reader):
    reader.jira.set_project("ENG", hidden=True)

    assert reader.found() == []
    assert reader.ask(f"{V3}/project/ENG").status == 404


# --- the server -----------------------------------------------------------------------------------


def test_personal_access_token_opens_the_server(server):
    me = server.read(f"{V2}/myself")

    assert (me["name"], me["timeZone"]) == ("hana-forge", "America/Los_Angeles")
    assert me["key"].startswith("JIRAUSER")
    assert "accountId" not in me


def test_bad_token_is_refused_everywhere():
    server = ServerReader(tokens=[Token("pat")])

    for path in (f"{V2}/myself", f"{V2}/search?jql=project%3DENG", f"{V2}/serverInfo"):
        assert server.ask(path, authorization="Bearer wrong").status == 401
        assert server.ask(path, authorization="Bearer pat").status == 200


def test_server_says_what_it_is_to_everybody(server):
    info = server.read(f"{V2}/serverInfo", authorization="")

    assert (info["deploymentType"], info["versionNumbers"]) == ("Server", [10, 3, 6])


@pytest.mark.parametrize(
    "path", [f"{V3}/myself", f"{V2}/search/jql", f"{V2}/changelog/bulkfetch", "/_edge/tenant_info"]
)
def test_server_has_nothing_of_the_clouds(server, path):
    assert server.ask(path).status == 404
    assert server.ask(path, {}).status == 404
