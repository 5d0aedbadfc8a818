"""The simulated Jiras on a port, and what `/_control` can do to them."""

import json
from http.client import HTTPConnection

import pytest

from simulator.server import TrackerServer
from simulator.tests.simulated_jira import ALL, V2, V3, basic

CLOUD = {"Authorization": basic()}
SERVER = {"Authorization": "Bearer pat"}


@pytest.fixture(scope="module")
def running():
    with TrackerServer(issues=5, jira_issues=60, jira_dc_issues=40) as server:
        yield server


@pytest.fixture
def trackers(running):
    running.faults.clear()
    running.journal.clear()
    running.clock.reset()
    return running


def ask(trackers, path, body=None, method="", headers=CLOUD):
    connection = HTTPConnection("127.0.0.1", trackers.port, timeout=60)
    content = None if body is None else json.dumps(body)
    method = method or ("GET" if body is None else "POST")
    connection.request(method, path, content, {"Content-Type": "application/json", **headers})
    reply = connection.getresponse()
    return reply.status, reply.read()


def read(trackers, path, body=None, headers=CLOUD):
    status, content = ask(trackers, path, body, headers=headers)
    assert status < 300, content
    return json.loads(content) if content else None


def lines(trackers, path):
    status, content = ask(trackers, path)
    assert status == 200
    return [json.loads(line) for line in content.splitlines()]


def test_both_jiras_answer_on_the_one_port(trackers):
    body = {"jql": ALL, "fields": ["key"], "maxResults": 5000}

    cloud = read(trackers, f"/jira{V3}/search/jql", body)
    server = read(trackers, f"/jira-dc{V2}/search?jql=project%3DENG", headers=SERVER)

    assert len(cloud["issues"]) == len(trackers.jira.truth()) >= 60
    assert server["total"] == 40
    assert cloud["issues"][0]["self"].startswith(f"{trackers.url}/jira/rest/api/3/issue/")


def test_gateway_leads_to_the_cloud(trackers):
    cloud_id = read(trackers, "/jira/_edge/tenant_info")["cloudId"]

    me = read(trackers, f"/atlassian/ex/jira/{cloud_id}{V3}/myself")

    assert me["accountId"] == read(trackers, f"/jira{V3}/myself")["accountId"]


def test_journal_keeps_what_was_posted_and_no_token(trackers):
    read(trackers, f"/jira{V3}/search/jql", {"jql": ALL})

    seen = trackers.journal.all("/search/jql")[-1]

    assert (json.loads(seen.body), seen.rows, seen.authorized) == ({"jql": ALL}, 50, True)
    assert "Basic" not in json.dumps(seen.headers)


def test_faults_strike_jira_as_well(trackers):
    fault = {"kind": "jira_burst", "path": "/search/jql$", "times": 1}
    read(trackers, "/_control/faults", fault)

    statuses = [ask(trackers, f"/jira{V3}/search/jql", {"jql": ALL})[0] for _ in range(2)]

    assert statuses == [429, 200]


# --- control --------------------------------------------------------------------------------------


def test_changes_over_http(trackers):
    made = read(trackers, "/_control/jira/ENG/issues", {"title": "By wire", "type": "Bug"})
    read(trackers, f"/_control/jira/ENG/issues/{made['key']}/transition", {"status": "Done"})
    number = made["key"].partition("-")[2]
    comment = read(trackers, f"/_control/jira/ENG/issues/{number}/comment", {"body": "Hello"})
    read(trackers, f"/_control/jira/ENG/comments/{comment['id']}/edit", {"body": "Bye"})

    fields = read(trackers, f"/jira{V3}/issue/{made['key']}")["fields"]
    assert (fields["summary"], fields["resolution"]["name"]) == ("By wire", "Done")
    assert "Bye" in json.dumps(fields["comment"])


def test_server_changes_apart_from_the_cloud(trackers):
    read(trackers, "/_control/jira-dc/ENG/issues/7/label", {"name": "only-here"})

    here = read(trackers, f"/jira-dc{V2}/issue/ENG-7", headers=SERVER)["fields"]
    there = read(trackers, f"/jira{V3}/issue/ENG-7")["fields"]
    assert ("only-here" in here["labels"], "only-here" in there["labels"]) == (True, False)


def test_truth_comes_line_by_line(trackers):
    truths = lines(trackers, "/_control/jira/ENG/truth")

    assert {"ENG-1", "ENG-60"} <= {truth["key"] for truth in truths}
    assert lines(trackers, "/_control/jira/ENG/truth/comments")[0]["body"]
    assert lines(trackers, "/_control/jira/ENG/truth/transitions")[0]["after"]
    assert lines(trackers, "/_control/jira/ENG/truth/links")[0]["type"]
    assert ask(trackers, "/_control/jira/ENG/truth/worklogs")[0] == 404


def test_changes_between_pages_over_http(trackers):
    plan = {"path": "/search/jql$", "after": 1, "changes": [
        {"action": "move", "issue": "9", "to": "OPS"}, {"action": "create", "title": "In between"},
    ]}  # fmt: skip
    read(trackers, "/_control/jira/ENG/between_pages", plan)

    body = {"jql": ALL, "fields": ["key"], "maxResults": 5000}
    first, second = (read(trackers, f"/jira{V3}/search/jql", body)["issues"] for _ in range(2))

    keys = {row["key"] for row in second}
    assert "ENG-9" in {row["key"] for row in first} - keys
    assert len(keys) == len(first)


def test_site_is_set_over_http(trackers):
    read(trackers, "/_control/jira/lag", {"seconds": 60})
    read(trackers, "/_control/jira/pages", {"limit": 2})
    read(trackers, "/_control/jira/quota", {"quota": None})
    read(trackers, "/_control/jira/tokens/revoke", {"token": "old"})

    assert (trackers.jira.index.lag, trackers.jira.page_limit) == (60, 2)
    assert trackers.jira.access.revoked == {"old"}
    read(trackers, "/_control/jira/lag", {"seconds": 0})
    read(trackers, "/_control/jira/pages", {})


def test_project_of_ones_own_over_http(trackers):
    made = read(trackers, "/_control/jira/WEB", {"issues": 3, "team_managed": True})
    read(trackers, "/_control/jira/WEB/set", {"hidden": True})

    assert made["key"] == "WEB"
    assert ask(trackers, f"/jira{V3}/project/WEB")[0] == 404
    assert len(lines(trackers, "/_control/jira/WEB/truth")) == 3


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("jira/NOWHERE/issues", {}, 404),
        ("jira/ENG/issues/1/dance", {}, 404),
        ("jira/ENG/issues/999999/touch", {}, 404),
        ("jira/ENG/issues/1/transition", {"status": "Pondering"}, 404),
        ("jira/ENG/issues/1/transition", {}, 400),
        ("jira/lag", {"seconds": "long"}, 400),
    ],
)
def test_misuse_is_told_in_words(trackers, path, body, status):
    answered, content = ask(trackers, f"/_control/{path}", body)

    assert answered == status
    assert json.loads(content)["message"]


def test_help_names_what_jira_can_be_told(trackers):
    assert any("jira" in line for line in read(trackers, "/_control"))
