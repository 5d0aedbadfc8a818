"""Labels, links and people in Jira's rows."""

import pytest

from integrations.providers.contract.base import Cursor, LabelRecord, LinkRecord
from integrations.providers.parsing.validate import clean_record
from integrations.tests.jira_pages import SITE, changes, cloud, found, issue, user
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


# --- labels and links -----------------------------------------------------------------------------


def test_components_are_labels_of_their_kind():
    record = record_of(labels=["crash"], components=[{"name": "Storage"}, {"name": "UI"}])

    assert record.labels == (
        LabelRecord(name="crash"),
        LabelRecord(name="Storage", kind="component"),
        LabelRecord(name="UI", kind="component"),
    )
    assert clean_record(record) == (record, 0)


BLOCKS = {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
DUPLICATE = {"name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"}
RELATES = {"name": "Relates", "inward": "relates to", "outward": "relates to"}
DEPENDS = {"name": "Depends", "inward": "is depended on by", "outward": "depends on"}
CLONERS = {"name": "Cloners", "inward": "is cloned by", "outward": "clones"}


@pytest.mark.parametrize(
    ("kind", "side", "expected"),
    [
        (BLOCKS, "outwardIssue", ("blocks", False)),
        (BLOCKS, "inwardIssue", ("blocks", True)),
        (BLOCKS | {"outward": "blockiert"}, "outwardIssue", ("blocks", False)),
        (DUPLICATE, "outwardIssue", ("duplicates", False)),
        (DUPLICATE, "inwardIssue", ("duplicates", True)),
        (DEPENDS, "outwardIssue", ("blocks", True)),
        (DEPENDS, "inwardIssue", ("blocks", False)),
        (RELATES, "inwardIssue", ("relates", False)),
        (CLONERS, "outwardIssue", ("relates", False)),
    ],
)
def test_links_are_read_from_this_issues_side(kind, side, expected):
    [link] = record_of(issuelinks=[{"type": kind, side: {"id": "7", "key": "XYZ-7"}}]).links

    assert (link.kind, link.inward) == expected
    assert (link.source_issue_id, link.key) == ("7", "XYZ-7")


def test_a_parent_is_a_link():
    record = record_of(parent={"id": "9", "key": "ABC-9"})

    assert record.links == (LinkRecord(kind="parent", source_issue_id="9", key="ABC-9"),)


# --- people ---------------------------------------------------------------------------------------


def author(**other):
    return record_of(reporter=user(**other)).author


def test_cloud_knows_people_by_account():
    ann = author(emailAddress="ann@acme.test")

    assert (ann.source_person_id, ann.login, ann.email) == ("5b10:ann", "Ann", "ann@acme.test")
    assert ann.url == f"{SITE}/jira/people/5b10:ann"
    assert not (ann.is_bot or ann.is_deleted)


def test_an_app_is_a_bot():
    assert author(accountType="app").is_bot


def test_only_accounts_reported_deleted_are_deleted():
    assert not author(active=False).is_deleted
    assert author(displayName="Former user").is_deleted
    assert author(accountId="unknown").is_deleted
    assert author(accountType="unknown").is_deleted


def test_account_without_any_id_is_none():
    assert record_of(reporter={"displayName": "Ghost"}, creator=None).author is None
