"""The trackers on a port: wire, control and journal."""

import json
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection, HTTPResponse, IncompleteRead, RemoteDisconnected

import pytest

from scripts import child_processes
from simulator.server import TrackerServer
from simulator.tests.simulated import ALL

PAGE = f"/github{ALL}"


@pytest.fixture(scope="module")
def running():
    with TrackerServer(issues=120) as server:
        yield server


@pytest.fixture
def trackers(running):
    running.faults.clear()
    running.journal.clear()
    running.clock.reset()
    return running


def ask(trackers: TrackerServer, path: str, method: str = "GET", body: object = None,
        timeout: float = 60) -> tuple[HTTPResponse, bytes]:  # fmt: skip
    connection = HTTPConnection("127.0.0.1", trackers.port, timeout=timeout)
    content = None if body is None else json.dumps(body)
    headers = {"User-Agent": "test", "Authorization": "Bearer secret-token"}
    connection.request(method, path, content, headers)
    reply = connection.getresponse()
    return reply, reply.read()


def control(trackers: TrackerServer, path: str, body: object = None, method: str = "POST"):
    reply, content = ask(trackers, f"/_control/{path}", method, body)
    assert reply.status < 300, content
    return json.loads(content) if content else None


# --- wire -----------------------------------------------------------------------------------------


def test_page_comes_whole_with_date_and_request_id(trackers):
    reply, content = ask(trackers, PAGE)

    assert len(json.loads(content)) == 100
    assert reply.headers["Date"].endswith("GMT")
    assert reply.headers["X-GitHub-Request-Id"]
    assert reply.headers["Link"].startswith(f"<{trackers.url}/github/repositories/")


def test_connection_is_kept_for_the_next_request(trackers):
    connection = HTTPConnection("127.0.0.1", trackers.port)
    for _ in range(2):
        connection.request("GET", PAGE, headers={"User-Agent": "test"})
        assert len(connection.getresponse().read()) > 1_000

    assert connection.sock is not None


def test_date_header_follows_the_trackers_clock(trackers):
    control(trackers, "clock", {"freeze": "2026-12-24T18:00:00Z"})

    assert ask(trackers, PAGE)[0].headers["Date"] == "Thu, 24 Dec 2026 18:00:00 GMT"


def test_no_date_header_at_all(trackers):
    trackers.faults.add("no_date")

    assert ask(trackers, PAGE)[0].headers["Date"] is None


def test_reset_connection(trackers):
    trackers.faults.add("reset")

    with pytest.raises((ConnectionResetError, RemoteDisconnected)):
        ask(trackers, PAGE)
    assert trackers.journal.all()[-1].status is None


@pytest.mark.parametrize(("kind", "options"), [("cut", {}), ("wrong_length", {"by": 50})])
def test_body_that_ends_too_early(trackers, kind, options):
    trackers.faults.add(kind, **options)

    with pytest.raises(IncompleteRead):
        ask(trackers, PAGE)


def test_length_that_is_too_short_cuts_the_json(trackers):
    trackers.faults.add("wrong_length", by=-200)

    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(ask(trackers, PAGE)[1])


@pytest.mark.parametrize("kind", ["hang", "drip"])
def test_slow_answers_never_end(trackers, kind):
    trackers.faults.add(kind, seconds=60)

    with pytest.raises(TimeoutError):
        ask(trackers, PAGE, timeout=0.05)


def test_stopped_trackers_answer_nobody():
    with TrackerServer(issues=5) as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", PAGE, headers={"User-Agent": "test"})
        connection.getresponse().read()

    with pytest.raises((ConnectionError, RemoteDisconnected)):
        connection.request("GET", PAGE, headers={"User-Agent": "test"})
        connection.getresponse()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


def test_unknown_tracker_names_those_there_are(trackers):
    reply, content = ask(trackers, "/gitlab/projects")

    assert reply.status == 404
    assert {"github", "jira", "jira-dc", "stackexchange"} <= {*json.loads(content)["trackers"]}


# --- control --------------------------------------------------------------------------------------


def test_changes_over_http(trackers):
    issue = control(trackers, "github/octo/engine/issues", {"title": "By hand"})
    control(trackers, f"github/octo/engine/issues/{issue['number']}/close", {"reason": "duplicate"})
    control(trackers, f"github/octo/engine/issues/{issue['number']}/comment", {"body": "Why?"})

    shown = json.loads(ask(trackers, f"/github/repos/octo/engine/issues/{issue['number']}")[1])
    assert (shown["state_reason"], shown["comments"]) == ("duplicate", 1)
    assert len(control(trackers, "github/octo/engine/touch", {"count": 7})) == 7


def test_changes_between_pages_over_http(trackers):
    change = {"action": "edit", "number": 9, "title": "Between"}
    control(trackers, "github/octo/engine/between_pages", {"after": 1, "changes": [change]})

    before, after = (json.loads(ask(trackers, PAGE)[1])[8]["title"] for _ in range(2))

    assert (before == "Between", after) == (False, "Between")


def test_more_repositories_and_renaming(trackers):
    control(trackers, "github/acme/tools", {"issues": 12})
    control(trackers, "github/acme/tools/rename", {"to": "acme/kit"})

    assert ask(trackers, "/github/repos/acme/tools")[0].status == 301
    assert len(json.loads(ask(trackers, "/github/repos/acme/kit/issues?state=all")[1])) == 12


def test_truth_comes_line_by_line(trackers):
    _, content = ask(trackers, "/_control/github/octo/attic/truth")

    lines = [json.loads(line) for line in content.splitlines()]

    assert {line["id"] for line in lines} == trackers.github.truth("octo/attic").keys()
    for part in ("comments", "events"):
        assert ask(trackers, f"/_control/github/octo/attic/truth/{part}")[0].status == 200


def test_faults_over_http(trackers):
    rule = control(trackers, "faults", {"kind": "status", "status": 503, "times": None})

    assert ask(trackers, PAGE)[0].status == 503
    assert control(trackers, "faults", method="GET")[0]["struck"] == 1
    assert rule["options"] == {"status": 503}
    control(trackers, "faults", method="DELETE")
    assert ask(trackers, PAGE)[0].status == 200
    assert "gzip_bomb" in control(trackers, "faults/kinds", method="GET")


def test_revoked_token_over_http(trackers):
    assert ask(trackers, "/github/user")[0].status == 200

    control(trackers, "github/tokens/revoke", {"token": "secret-token"})

    assert ask(trackers, "/github/user")[0].status == 401
    trackers.github.access.revoked.clear()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("github/octo/engine/issues/100000/close", {}, 404),
        ("github/octo/nowhere/issues", {}, 404),
        ("github/octo/engine/issues/1/explode", {}, 404),
        ("github/octo/engine/issues/1/close", {"color": "red"}, 400),
        ("faults", {"kind": "meteorite"}, 400),
        ("faults", {"kind": "status", "path": "("}, 400),
        ("faults", [], 400),
        ("clock", {"set": "noon"}, 400),
        ("nonsense", {}, 404),
    ],
)
def test_control_refuses_with_a_reason(trackers, path, body, status):
    reply, content = ask(trackers, f"/_control/{path}", "POST", body)

    assert reply.status == status
    assert json.loads(content)["message"]


# --- what it saw ----------------------------------------------------------------------------------


def test_journal_tells_requests_but_no_token(trackers):
    ask(trackers, f"{PAGE}&page=1")

    seen = control(trackers, "requests?path=/issues", method="GET")

    assert [(s["path"], s["query"]["state"], s["status"], s["rows"]) for s in seen] == [
        ("/github/repos/octo/engine/issues", "all", 200, 100)
    ]
    assert seen[0]["authorized"] is True
    assert "secret-token" not in json.dumps(seen)
    control(trackers, "requests", method="DELETE")
    assert control(trackers, "requests", method="GET") == []


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.e2e
@pytest.mark.embedded
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_command_tells_how_to_use_it_and_ends_cleanly(tmp_path, sign):
    command = [sys.executable, "-m", "simulator", "--port", "0", "--issues", "10"]
    command += ["--until-file", str(tmp_path / "until")]
    process = child_processes.start(command, stdout=subprocess.PIPE, text=True)

    told = []
    for line in process.stdout:
        told.append(line)
        if "all of it" in line:
            process.send_signal(sign)

    assert "octo/engine: 10 issues" in "".join(told)
    assert told[-1] == "Trackers stopped.\n"
    assert process.wait(timeout=60) == 0
