"""Mapping of Jira's rows and changelogs."""

from datetime import UTC, datetime

import msgspec
import pytest

from integrations.providers.contract.base import Cursor
from integrations.providers.parsing.validate import clean_record
from integrations.tests.jira_pages import (
    SITE,
    changes,
    cloud,
    comments,
    document,
    found,
    history,
    issue,
    item,
    moved_on,
    project_statuses,
    status,
    user,
)
from integrations.tests.provider_contract import FakeHttp


def read(*histories, statuses=None, **fields):
    """Build the page of one issue."""
    replies = [found(issue(1, **fields)), changes((1, list(histories)))]
    http = FakeHttp(replies + ([statuses] if statuses else []))
    [page] = cloud(http).fetch_issues(Cursor())
    return page


def record_of(*histories, **fields):
    page = read(*histories, **fields)
    assert page.rejected == ()
    [record] = page.records
    return record


def test_every_field_is_taken():
    record = record_of(assignee=user("Cy"))

    assert (record.source_issue_id, record.key) == ("1001", "ABC-1")
    assert record.url == f"{SITE}/browse/ABC-1"
    assert (record.title, record.body) == ("Crash on start 1", "Steps to reproduce …")
    assert (record.type, record.priority, record.comment_count) == ("Bug", "Medium", 1)
    assert (record.author.display_name, record.assignees[0].login) == ("Ann", "Cy")
    assert record.opened_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert record.source_updated_at == datetime(2024, 1, 3, 3, 4, 5, tzinfo=UTC)


def test_what_is_empty_stays_empty():
    nothing = dict.fromkeys(
        ["summary", "description", "priority", "issuetype", "reporter", "creator", "labels",
         "components", "issuelinks"]
    )  # fmt: skip

    record = record_of(**nothing, comment=comments())

    assert (record.title, record.body, record.type, record.priority) == ("", "", "", "")
    assert (record.author, record.labels, record.links) == (None, (), ())


def test_a_component_of_a_labels_name_is_kept_besides_it():
    """Recorded in a real project: equal names of a label and a component."""
    record = record_of(labels=["ImageFactory", "exif"], components=[{"name": "ImageFactory"}])

    assert [(label.kind, label.name) for label in record.labels] == [
        ("label", "ImageFactory"),
        ("label", "exif"),
        ("component", "ImageFactory"),
    ]
    assert clean_record(record) == (record, 0)


def test_who_reported_it_is_the_author_or_else_who_created_it():
    assert record_of(reporter=user("Cy")).author.login == "Cy"
    assert record_of(reporter=None).author.login == "Ann"


# --- status and outcome ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mapped"),
    [("To Do", "todo"), ("In Progress", "in_progress"), ("Done", "done"), ("Closed", "done")],
)
def test_the_status_goes_by_its_category(name, mapped):
    record = record_of(status=status(name))

    assert (record.status, record.source_status) == (mapped, name)


def test_no_category_is_still_to_do():
    assert record_of(status={"name": "X", "statusCategory": {"key": "undefined"}}).status == "todo"


def test_unknown_category_is_rejected():
    page = FakeHttp([found(issue(1, status={"name": "X", "statusCategory": {"key": "new-er"}}))])

    [read_page] = cloud(page).fetch_issues(Cursor())

    assert "statusCategory.key" in read_page.rejected[0].reason


@pytest.mark.parametrize(
    ("resolution", "outcome"),
    [
        ("Done", "delivered"),
        ("FIXED", "delivered"),
        ("Complete", "delivered"),
        ("Won't Do", "not_planned"),
        ("Won\N{RIGHT SINGLE QUOTATION MARK}t Fix", "not_planned"),
        ("Cannot Reproduce", "not_planned"),
        ("Declined", "not_planned"),
        ("Duplicate", "duplicate"),
        ("Put on the shelf", "unknown"),
        (None, "unknown"),
    ],
)
def test_resolution_gives_the_outcome_of_done_issues(resolution, outcome):
    named = {"name": resolution} if resolution else None

    assert record_of(status=status("Done"), resolution=named).outcome == outcome
    assert record_of(status=status("To Do"), resolution=named).outcome is None


# --- when it was done -----------------------------------------------------------------------------

RESOLVED = "2024-01-02T00:00:00.000+0200"


def test_what_is_done_was_closed_when_it_was_resolved():
    record = record_of(status=status("Done"), resolutiondate=RESOLVED)

    assert record.closed_at == datetime(2024, 1, 1, 22, tzinfo=UTC)


def test_what_was_reopened_is_not_closed_whatever_date_is_left():
    assert record_of(status=status("To Do"), resolutiondate=RESOLVED).closed_at is None


def test_without_a_resolution_date_the_changelog_tells_since_when():
    """Only reopening and closing again changes the closing time."""
    histories = [
        history(1, moved_on("To Do", "Done")),
        history(2, moved_on("Done", "To Do")),
        history(3, moved_on("In Progress", "Done")),
        history(4, moved_on("Done", "Closed")),
    ]

    page = read(*histories, statuses=project_statuses(), status=status("Closed"))

    assert page.records[0].closed_at == datetime(2024, 1, 2, 3, 4, 3, tzinfo=UTC)


def test_statuses_without_ids_go_by_their_names():
    step = history(2, item("status", "to do", "DONE"))

    page = read(step, statuses=project_statuses(), status=status("Done"))

    assert page.records[0].closed_at == datetime(2024, 1, 2, 3, 4, 2, tzinfo=UTC)


def test_without_a_changelog_the_date_of_the_category_stands_in():
    record = record_of(
        status=status("Done"), statuscategorychangedate="2024-01-05T00:00:00.000+0000"
    )

    assert record.closed_at == datetime(2024, 1, 5, tzinfo=UTC)
    assert record_of(status=status("Done")).closed_at is None


@pytest.mark.parametrize("date", ["0000-00-00", "yesterday", "0001-01-01T00:00:00.000+1400"])
def test_a_date_that_cannot_be_is_that_dates_trouble(date):
    assert record_of(status=status("Done"), resolutiondate=date).closed_at is None


# --- ask 30: an issue that moved between projects -------------------------------------------------


def test_ask_30_the_keys_it_went_by_are_kept_and_its_id_stays():
    moves = [
        history(1, item("Key", "OLD-3", "MID-8"), item("project", "Old", "Mid")),
        history(2, item("Key", "MID-8", "ABC-1", fieldId="issuekey")),
    ]

    page = read(*moves)

    assert page.records[0].source_issue_id == "1001"
    assert page.records[0].previous_keys == ("OLD-3", "MID-8")
    assert [(each.field, each.to_value) for each in page.transitions] == [
        ("key", "MID-8"),
        ("key", "ABC-1"),
    ]


def test_one_that_came_back_was_not_called_so_before():
    moves = [history(1, item("Key", "ABC-1", "OPS-2")), history(2, item("Key", "OPS-2", "ABC-1"))]

    assert record_of(*moves).previous_keys == ("OPS-2",)


# --- what cannot be mapped, and mapping again -----------------------------------------------------


def test_a_row_is_mapped_again_without_a_request():
    provider = cloud(FakeHttp([]))

    record = provider.parse_one("issues", msgspec.json.encode(issue(1)))

    assert record == record_of()


def test_a_bad_byte_in_a_text_is_repaired_and_counted():
    body = found(issue(1, description=document("caf#"))).body.replace(b"#", b"\xe9")
    http = FakeHttp([found(), changes((1, []))])
    http.replies[0] = type(http.replies[0])(200, {}, body, "")

    [page] = cloud(http).fetch_issues(Cursor())

    assert page.records[0].body == "caf\N{REPLACEMENT CHARACTER}"
    assert page.repaired == 1
