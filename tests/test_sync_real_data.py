"""What GitHub really sent for 2,000 issues and pull requests, replayed in GitHub's form and stored.

The rows are not part of the project; without them these tests are skipped.
"""

import json
import lzma
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.models import Count
from pytest_django.fixtures import Settings

from accounts.models import User
from integrations.lifecycle.connect import connect_scope
from integrations.lifecycle.sync_requests import request_sync
from integrations.models import Integration, SyncRun
from integrations.tests.upstream import Upstream, upstream
from issues import run_engine
from issues.models import Comment, Issue, Label, Person
from projects.models import Project
from tests.replay import Replay, Row

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
REPOSITORY = "rust-lang/rust"

pytestmark = [
    pytest.mark.skipif(
        not (DATA / "facts").is_dir(),
        reason="the real rows, third-party data, are not on this machine",
    ),
    pytest.mark.django_db,
]


def rows(name: str) -> list[Row]:
    file = DATA / "github" / "rust-lang_rust_1-2000" / f"{name}.jsonl.xz"
    with lzma.open(file, "rt", encoding="utf-8") as lines:
        return sorted(map(json.loads, lines), key=lambda row: (row["created_at"], row["id"]))


@pytest.fixture(scope="module")
def replay() -> Replay:
    return Replay(
        REPOSITORY, 724712, {"/issues": rows("issues"), "/issues/comments": rows("comments")}
    )


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
