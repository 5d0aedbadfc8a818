"""What GitHub really sent for 2,000 issues and pull requests, replayed in GitHub's form and stored.

The rows are not part of the project; without them these tests are skipped.
"""

import json
import lzma
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db.models import Count
from pytest_django.fixtures import Settings

from accounts.models import User
from integrations.lifecycle.connect import connect_scope
from integrations.lifecycle.sync_requests import request_sync
from integrations.models import Integration, SyncRun
from integrations.tests.upstream import Upstream, answer, upstream
from issues import run_engine
from issues.models import Comment, Issue, Label, Person
from projects.models import Project

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
REPOSITORY = "rust-lang/rust"
PER_PAGE = 100
Row = dict[str, Any]

pytestmark = [
    pytest.mark.skipif(not (DATA / "facts").is_dir(), reason="the real rows are not here"),
    pytest.mark.django_db,
]


def rows(name: str) -> list[Row]:
    file = DATA / "github" / "rust-lang_rust_1-2000" / f"{name}.jsonl.xz"
    with lzma.open(file, "rt", encoding="utf-8") as lines:
        return sorted(map(json.loads, lines), key=lambda row: (row["created_at"], row["id"]))


class Replay:
    """GitHub's lists over fixed rows: pages with `Link`, `since`, ETag and 304."""

    def __init__(self) -> None:
        self.lists: dict[str, list[Row]] = {
            "/issues": rows("issues"),
            "/issues/comments": rows("comments"),
            "/issues/events": [],
        }
        self.asked: list[tuple[str, int]] = []

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        name = parts.path.removeprefix(f"/repos/{REPOSITORY}")
        if not name:
            answer(json.dumps({"id": 724712, "full_name": REPOSITORY}).encode())(handler)
            return
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        found = [row for row in self.lists[name] if row["updated_at"] >= query.get("since", "")]
        self._send(handler, name, query, found)

    def _send(self, handler: Any, name: str, query: dict[str, str], found: list[Row]) -> None:
        page = int(query.get("page", 1))
        body = json.dumps(found[(page - 1) * PER_PAGE : page * PER_PAGE]).encode()
        etag = f'W/"{sha256(body).hexdigest()}"'
        same = handler.headers.get("if-none-match") == etag
        self.asked.append((name, 304 if same else 200))
        headers = {"etag": etag}
        if len(found) > page * PER_PAGE:
            following = urlencode({**query, "page": str(page + 1)})
            root = f"http://{handler.headers['host']}/repos/{REPOSITORY}{name}"
            headers["link"] = f'<{root}?{following}>; rel="next"'
        answer(b"" if same else body, 304 if same else 200, **headers)(handler)


@pytest.fixture(scope="module")
def replay() -> Replay:
    return Replay()


@pytest.fixture
def server(replay: Replay, settings: Settings) -> Iterator[Upstream]:
    with upstream(replay) as running:
        settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{running.port}"]
        yield running


@pytest.fixture
def integration(server: Upstream) -> Integration:
    return connect_scope(
        project=Project.objects.create(name="Rust"),
        actor=User.objects.create_user("ann@example.com", "correct horse 9"),
        provider="github",
        given={"token": "any", "repository": REPOSITORY, "api_url": server.url},
    )


def sync(integration: Integration) -> SyncRun:
    run, _ = request_sync(integration=integration, trigger="manual")
    while run_engine.advance_run(run.pk, owner="test") is run_engine.Progress.MORE:
        pass
    run.refresh_from_db()
    return run


@pytest.fixture
def facts() -> Row:
    known: Row = json.loads((DATA / "facts" / "github_rust_1-2000.json").read_text())
    return known


def issue_rows(replay: Replay) -> list[Row]:
    return [row for row in replay.lists["/issues"] if "pull_request" not in row]


def months(name: str) -> dict[str, int]:
    moments = Issue.objects.exclude(**{name: None}).values_list(name, flat=True)
    return dict(Counter(f"{moment:%Y-%m}" for moment in moments))


def check_rows(run: SyncRun, facts: Row) -> None:
    open_ones = Issue.objects.open().count()
    assert (run.state, run.quarantined, run.orphaned) == ("succeeded", 0, 0)
    assert run.issues_created == run.local_total == Issue.objects.count() == facts["issues"]
    assert run.skipped == facts["pull_requests"] + 686  # and the comments on them
    assert (open_ones, Issue.objects.count() - open_ones) == (facts["open"], facts["closed"])
    assert Comment.objects.count() == run.comments_stored == 4716
    reporters = Issue.objects.values_list("author__login").annotate(n=Count("pk")).order_by("-n")
    assert {login: n for login, n in reporters if n >= 26} == {
        login: n for login, n in facts["top_reporters"].items() if n >= 26
    }
    assert months("opened_at") == facts["created_by_month"]
    assert months("closed_at") == facts["closed_by_month"]


def check_labels(replay: Replay, facts: Row) -> None:
    counted = Label.objects.annotate(n=Count("issuelabel")).order_by("-n").values_list("name", "n")
    assert dict(counted) == Counter(
        label["name"] for row in issue_rows(replay) for label in row["labels"]
    )
    assert facts["labels_on_issues"].items() <= dict(counted).items()  # those used most


def check_odd_rows(run: SyncRun, replay: Replay, facts: Row) -> None:
    undated = Issue.objects.filter(status="done", closed_at=None).values_list("key", flat=True)
    assert sorted(undated, key=lambda key: int(key[1:])) == ["#156", "#935", "#1152"]
    assert run.repaired == len(facts["numbers_with_NUL_in_body"]) == 1
    assert "\ufffd" in Issue.objects.get(key="#1916").body
    empty = [row for row in issue_rows(replay) if not row["body"]]
    ghosts = [row for row in issue_rows(replay) if row["user"]["login"] == "ghost"]
    assert Issue.objects.filter(body="").count() == len(empty) > 0
    assert Issue.objects.filter(author__login="ghost").count() == len(ghosts) > 0
    assert Person.objects.filter(login="ghost").count() == 1


def check_second_sync(integration: Integration, replay: Replay) -> None:
    before = list(Issue.objects.order_by("pk").values())
    replay.asked.clear()

    sync(integration)

    assert replay.asked == [("/issues", 304), ("/issues/comments", 304), ("/issues/events", 304)]
    assert list(Issue.objects.order_by("pk").values()) == before


@pytest.mark.long
def test_real_rows_are_stored_as_they_are(
    integration: Integration, replay: Replay, facts: Row, subtests: pytest.Subtests
) -> None:
    run = sync(integration)

    with subtests.test("rows"):
        check_rows(run, facts)
    with subtests.test("labels"):
        check_labels(replay, facts)
    with subtests.test("odd rows are kept"):
        check_odd_rows(run, replay, facts)
    with subtests.test("a second sync costs one conditional request a feed"):
        check_second_sync(integration, replay)
