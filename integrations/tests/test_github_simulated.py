"""GitHub's links and deliveries against the simulator."""

import pytest

from integrations.http.session import Response
from integrations.providers.contract.base import Cursor, Found, Gone, IssueRef, Scope
from integrations.providers.github import GitHub
from integrations.tests.provider_contract import FakeHttp
from simulator.tests.simulated import ROOT, Reader, plain_issue
from simulator.tests.simulated_hooks import SECRET, listener

__all__ = ["listener"]


class InProcess(FakeHttp):
    """HTTP client that calls the simulator directly."""

    def __init__(self, reader: Reader) -> None:
        super().__init__([])
        self.reader = reader

    def get(self, url, *, endpoint, headers=None):
        self.urls.append(url)
        sent = {name.lower().replace("-", "_"): text for name, text in (headers or {}).items()}
        answered = self.reader.ask(url, **sent)
        named = {name.lower(): text for name, text in answered.headers.items()}
        return Response(answered.status, named, answered.plain_body(), url)


def provider(reader):
    http = InProcess(reader)
    return GitHub(Scope(base_url=f"{ROOT}/github", scope="octo/engine"), http), http


def two(reader):
    numbers = [row.number for row in reader.github.each_truth() if row.gone is None]
    plain = [n for n in numbers if not reader.github.shelf("octo/engine").repository.is_pull(n)]
    return plain[0], plain[1]


def links(reader, number):
    found = provider(reader)[0].fetch_one(IssueRef(key=f"#{number}"))
    assert isinstance(found, Found)
    return [(link.kind, link.inward, link.key or link.url) for link in found.record.links]


def test_a_part_names_its_whole():
    reader = Reader(20)
    whole, part = two(reader)
    reader.changes.add_sub_issue(whole, sub_issue=part)

    [(kind, inward, url)] = links(reader, part)

    assert (kind, inward) == ("parent", False)
    assert url.endswith(f"/octo/engine/issues/{whole}")
    assert links(reader, whole) == []


def test_a_blocked_issue_names_its_blocker():
    reader = Reader(20)
    blocked, blocker = two(reader)
    reader.changes.add_blocked_by(blocked, blocker=blocker)

    assert links(reader, blocked) == [("blocks", True, f"#{blocker}")]
    assert links(reader, blocker) == []


def test_a_pass_asks_about_the_blocked_one_only():
    reader = Reader(20)
    blocked, blocker = two(reader)
    reader.changes.add_blocked_by(blocked, blocker=blocker)
    github, http = provider(reader)

    pages = list(github.fetch_issues(Cursor()))

    assert [record.key for page in pages for record in page.records if record.links] == [
        f"#{blocked}"
    ]
    assert len(http.urls) == len(pages) + 1


def test_the_search_counts_what_there_is():
    reader = Reader(50)
    github, _ = provider(reader)

    listed = [entry for page in github.census() for entry in page.records]

    assert github.count() == len(listed)


def delivered(listener):
    """Return the only delivery: headers with lower-case names, and body."""
    listener.deliveries.release()
    [(_, body, headers)] = listener.got
    return {name.lower(): text for name, text in headers.items()}, body


@pytest.mark.parametrize("action", ["close", "touch", "comment"])
def test_a_delivery_is_genuine_and_names_its_issue(listener, action):
    number = plain_issue(listener)

    listener.github.change("octo/engine", action, number)

    headers, body = delivered(listener)
    assert GitHub.webhooks.is_genuine(headers, body, [SECRET])
    assert not GitHub.webhooks.is_genuine(headers, body, ["another"])
    notice = GitHub.webhooks.read(headers, body)
    assert [ref.key for ref in notice.issues] == [f"#{number}"]
    assert notice.delivery_id


def test_what_a_deletion_names_is_gone(listener):
    number = plain_issue(listener)
    listener.github.change("octo/engine", "delete", number)
    [ref] = GitHub.webhooks.read(*delivered(listener)).issues

    assert isinstance(provider(listener)[0].fetch_one(ref), Gone)
