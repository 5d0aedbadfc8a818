"""The simulated trackers' webhooks: signed, doubled, late, out of order, forged, lost."""

import hmac
import json
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from simulator.clock import Clock
from simulator.deliveries import Deliveries, sign
from simulator.server import TrackerServer
from simulator.tests.simulated import plain_issue
from simulator.tests.simulated_hooks import SECRET, URL, Listener, listener
from simulator.tests.test_server import ask, control

__all__ = ["listener"]


def close_some(listener: Listener, count: int) -> None:
    for _ in range(count):
        listener.changes.close(plain_issue(listener))


def signatures(listener: Listener) -> list[str | None]:
    listener.deliveries.release()
    return [headers.get("X-Hub-Signature-256") for _, _, headers in listener.got]


def ids(listener: Listener) -> list[str]:
    listener.deliveries.release()
    return [headers["X-GitHub-Delivery"] for _, _, headers in listener.got]


def order(listener: Listener) -> list[int]:
    return [payload["issue"]["number"] for _, payload in listener.heard()]


def test_signature_is_githubs_published_one():
    assert sign(SECRET, b"Hello, World!") == (
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    )


def test_signature_is_of_the_bytes_that_were_sent(listener):
    close_some(listener, 1)

    (signature,) = signatures(listener)
    body = listener.got[0][1]
    assert signature == "sha256=" + hmac.new(SECRET.encode(), body, sha256).hexdigest()


def test_nothing_is_written_for_nobody(monkeypatch):
    listener = Listener()
    monkeypatch.setattr(listener.webhooks, "_outgoing", None)

    close_some(listener, 1)

    assert listener.heard() == []


def test_copies_carry_the_same_id(listener):
    listener.deliveries.behave(hold=True, copies=3)
    close_some(listener, 2)

    assert [ids(listener).count(id_) for id_ in dict.fromkeys(ids(listener))] == [3, 3]


def test_redelivery_carries_the_same_id(listener):
    close_some(listener, 1)
    listener.deliveries.release()

    listener.deliveries.redeliver(listener.deliveries.sent[-1].id)

    assert len(listener.got) == 2
    assert listener.got[0] == listener.got[1]


def test_one_id_reaches_two_hooks(listener):
    listener.subscribe("http://diip.test/hooks/8/")
    close_some(listener, 1)

    first, second = ids(listener)
    assert first == second
    assert len({headers["X-GitHub-Hook-ID"] for _, _, headers in listener.got}) == 2


def test_held_ones_come_late(listener):
    close_some(listener, 2)
    assert listener.got == []

    assert len(listener.deliveries.release()) == 2
    assert len(listener.got) == 2


def test_shuffled_ones_come_in_no_order_and_all_of_them(listener):
    listener.deliveries.behave(hold=True, shuffle=True)
    numbers = [issue.number for issue in (listener.changes.create() for _ in range(8))]

    assert sorted(order(listener)) == numbers
    assert order(listener) != numbers


def test_some_are_dropped_the_same_for_the_same_seed(listener):
    other = Listener()
    other.subscribe()
    for each in (listener, other):
        each.deliveries.behave(hold=True, drop=50)
        close_some(each, 20)

    assert 0 < len(order(listener)) < 20
    assert order(listener) == order(other)
    assert [d.error for d in listener.deliveries.sent].count("dropped") == 20 - len(listener.got)


@pytest.mark.parametrize("kind", ["bad", "wrong_secret"])
def test_forged_signature_is_none_of_the_body(listener, kind):
    listener.deliveries.behave(hold=True, signature=kind)
    close_some(listener, 1)

    (signature,) = signatures(listener)
    assert signature.startswith("sha256=")
    assert signature != sign(SECRET, listener.got[0][1])


def test_missing_signature(listener):
    listener.deliveries.behave(hold=True, signature="none")
    close_some(listener, 1)

    assert signatures(listener) == [None]


def test_answer_is_kept(listener):
    listener.status = 503
    close_some(listener, 1)

    (delivery,) = listener.deliveries.release()
    assert (delivery.status, delivery.error, delivery.at) == (503, "", listener.clock.exact())


def test_nobody_there_is_kept_too(listener):
    def refuse(url, body, headers):
        raise ConnectionRefusedError

    deliveries = Deliveries(1, Clock(), refuse)
    deliveries.subscribe("github", URL)
    deliveries.happened("github", listener.webhooks._outgoing("issues", {}))
    deliveries.settle()

    assert (deliveries.sent[0].status, deliveries.sent[0].error) == (None, "ConnectionRefusedError")


@pytest.mark.parametrize("options", [{"signature": "smudged"}, {"colour": "red"}])
def test_behaviour_nobody_knows_is_refused(listener, options):
    with pytest.raises(ValueError, match=r"signature|colour"):
        listener.deliveries.behave(**options)


# --- on a port ------------------------------------------------------------------------------------


class _Ear(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), json.loads(body)))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def ear():
    with HTTPServer(("127.0.0.1", 0), _Ear) as server:
        server.heard = []
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def trackers():
    with TrackerServer(issues=30) as server:
        yield server


def test_change_is_told_over_http_without_being_asked(trackers, ear):
    url = f"http://127.0.0.1:{ear.server_port}/hook/?a=1"
    control(trackers, "deliveries/subscribe", {"tracker": "github", "url": url, "secret": "s"})
    control(trackers, "github/octo/engine/issues", {"title": "Odd"})
    trackers.deliveries.settle()

    (ping, _), (headers, payload) = ear.heard
    assert ping["X-GitHub-Event"] == "ping"
    assert (headers["X-GitHub-Event"], payload["issue"]["title"]) == ("issues", "Odd")
    assert headers["X-Hub-Signature-256"].startswith("sha256=")


def test_behaviour_release_and_record_by_control(trackers, ear):
    control(trackers, "deliveries", {"hold": True, "copies": 2})
    url = f"http://127.0.0.1:{ear.server_port}/"
    control(trackers, "deliveries/subscribe", {"tracker": "github", "url": url, "secret": "hush"})

    assert [row["status"] for row in control(trackers, "deliveries/release")] == [202, 202]
    shown = control(trackers, "deliveries", method="GET")
    assert [row["event"] for row in shown["sent"]] == ["ping", "ping"]
    assert "hush" not in json.dumps(shown)


def test_subscriptions_end_by_control(trackers):
    trackers.deliveries.behave(hold=True)
    control(trackers, "deliveries/subscribe", {"tracker": "github", "url": URL})
    control(trackers, "deliveries", method="DELETE")

    assert not trackers.deliveries.is_wanted("github")


def test_address_that_is_none_is_refused(trackers):
    body = {"tracker": "github", "url": "diip.test"}

    assert ask(trackers, "/_control/deliveries/subscribe", "POST", body)[0].status == 400
