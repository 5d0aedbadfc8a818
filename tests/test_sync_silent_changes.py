"""What changes on GitHub without a new `updated_at`: right after the next census at the latest."""

from datetime import datetime

from integrations.models import SyncRun
from issues import services
from issues.derived_fields import enrich_issues
from issues.models import Comment, Issue
from tests.simulated_sync import Desk


def some_label(desk: Desk) -> str:
    """One that several issues have."""
    names = [name for issue in desk.truth().issues.values() for name in issue.labels]
    return max(set(names), key=names.count)


def commented(desk: Desk, count: int) -> list[tuple[int, int]]:
    """Comment ids and numbers, of so many different issues."""
    found = {name: int(id_) for id_, (name, *_) in desk.truth().comments.items()}
    return [(id_, int(name.removeprefix("#"))) for name, id_ in list(found.items())[:count]]


def test_renamed_label(desk: Desk) -> None:
    desk.sync()
    desk.changes.rename_label(some_label(desk), to="build-system")

    run = desk.sync("census")

    assert run.state == "succeeded"
    assert desk.differences() == {}


def test_deleted_comments(desk: Desk) -> None:
    desk.sync()
    deleted = commented(desk, 6)
    for comment_id, _ in deleted:
        desk.changes.delete_comment(comment_id, silently=True)

    desk.sync("census")

    gone = Comment.objects.exclude(removed_at=None)
    assert {int(each) for each in gone.values_list("source_comment_id", flat=True)} == {
        comment_id for comment_id, _ in deleted
    }
    assert first_responses() == worked_out_anew()


def first_responses() -> dict[int, datetime | None]:
    return dict(Issue.objects.values_list("pk", "first_response_at"))


def worked_out_anew() -> dict[int, datetime | None]:
    enrich_issues(list(first_responses()))
    return first_responses()


def test_event_of_a_deleted_comment_is_a_hint(desk: Desk) -> None:
    desk.sync()
    [(comment_id, _)] = commented(desk, 1)
    desk.changes.delete_comment(comment_id, silently=True, event=True)

    run = desk.sync()

    assert run.comments_removed == 1
    assert Comment.objects.get(source_comment_id=comment_id).removed_at is not None


def test_hundred_edits_and_a_census_ask_for_no_single_issue(desk: Desk) -> None:
    desk.sync()
    desk.changes.touch_some(100)
    desk.changes.rename_label(some_label(desk), to="build-system")
    desk.server.journal.clear()

    run = desk.sync("census")

    assert run.state == "succeeded"
    assert [seen for seen in desk.requests("/issues/") if seen.path[-1].isdigit()] == []
    assert desk.differences() == {}


def test_row_deleted_in_mid_sync_has_a_census_look_for_it(desk: Desk) -> None:
    number = desk.issue_on_page(1)[2]
    github = desk.server.github
    github.between_pages("/issues$", after=1, act=lambda: desk.changes.delete(number))

    run = desk.sync()
    desk.make_due()
    [census] = services.start_due_syncs()
    desk.advance(SyncRun.objects.get(pk=census))

    assert "A census will check the difference." in run.gaps[0]
    assert SyncRun.objects.get(pk=census).issues_removed == 1
    assert desk.differences() == {}
