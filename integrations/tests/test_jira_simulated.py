"""Records read from the simulated Jira equal its contents."""

import pytest

from integrations.providers.contract.base import ProviderAuthError
from integrations.providers.jira.records import CATEGORIES
from integrations.tests.jira_wire import moment, site

pytestmark = pytest.mark.parametrize("dialect", ["cloud", "server"])


def labels_of(record):
    return {(label.kind, label.name) for label in record.labels}


def test_every_issue_is_read_as_it_is(dialect):
    jira = site(dialect, issues=250)
    jira.changes.create(labels=["Storage"], components=["Storage"])
    jira.sync()
    truth = jira.truth()

    assert set(jira.rows) == set(truth)
    for number, record in jira.rows.items():
        told = truth[number]
        assert (record.key, record.title, record.source_status) == (
            told.key,
            told.title,
            told.status,
        )
        assert record.opened_at == moment(told.created_at)
        assert record.source_updated_at == moment(told.updated_at)
        assert record.closed_at == moment(told.done_at)
        assert record.comment_count == told.comments
        assert labels_of(record) == {
            *(("label", name) for name in told.labels),
            *(("component", name) for name in told.components),
        }


def test_all_comments_and_all_changes_of_status_come_along(dialect):
    jira = site(dialect, issues=250).sync()
    truth = jira.truth()

    assert {number: len(each) for number, each in jira.comments.items() if each} == {
        number: told.comments for number, told in truth.items() if told.comments
    }
    entries = [e for i in jira.reader.jira.issues.values() if i.project == "ENG" for e in i.entries]
    steps = [i for e in entries for i in e.items if i.field == "status"]
    assert len([each for each in jira.transitions.values() if each.field == "status"]) == len(steps)


def test_a_team_managed_project_has_dates_of_being_done_but_no_outcomes(dialect):
    jira = site(dialect)
    jira.project = "TEAM"
    jira.sync()

    done = [record for record in jira.rows.values() if record.status == "done"]
    assert done
    assert {record.outcome for record in done} == {"unknown"}
    assert {r.source_issue_id: r.closed_at for r in done} == {
        number: moment(told.done_at)
        for number, told in jira.truth().items()
        if told.category == "done"
    }


def test_statuses_count_and_census_agree_with_the_site(dialect):
    jira = site(dialect, issues=120)
    provider = jira.connect()

    assert provider.count() == 120
    assert {record.source_status for record in jira.sync().rows.values()} <= set(
        provider.statuses()
    )
    ids = {entry.source_issue_id for page in provider.census() for entry in page.records}
    assert ids == set(jira.truth())


# --- what changes without a new date --------------------------------------------------------------

COMPONENT = "Storage"


def swap_names(changes):
    changes.rename_status("ENG", status="In Review", to="x")
    changes.rename_status("ENG", status="Done", to="In Review")
    changes.rename_status("ENG", status="x", to="Done")


SILENT = {
    "status renamed": lambda c: c.rename_status("ENG", status="In Progress", to="Doing"),
    "status counts as done": lambda c: c.recategorise_status(
        "ENG", status="In Review", category="done"
    ),
    "status counts as done no more": lambda c: c.recategorise_status(
        "ENG", status="Closed", category="indeterminate"
    ),
    "names swapped": swap_names,
    "component renamed": lambda c: c.rename_component("ENG", component=COMPONENT, to="Vault"),
    "component moved": lambda c: c.remove_component("ENG", component=COMPONENT, move_to="UI"),
    "component removed": lambda c: c.remove_component("ENG", component=COMPONENT),
    "account renamed": lambda c: c.rename_account("hana-forge", name="Hana Schmied"),
}


def rows_of_census(jira):
    entries = [entry for page in jira.provider().census() for entry in page.records]
    return {entry.source_issue_id: entry.record for entry in entries}


@pytest.mark.parametrize("change", SILENT)
def test_the_census_brings_what_changed_without_a_new_date(dialect, change):
    jira = site(dialect, issues=150)
    issue = jira.changes.create(components=[COMPONENT])
    jira.changes.transition(issue.id, status="In Review")
    jira.changes.transition(issue.id, status="Closed")
    jira.sync()
    before = dict(jira.rows)

    SILENT[change](jira.changes)

    rows, fresh = rows_of_census(jira), site(dialect)
    fresh.reader, fresh.wire = jira.reader, jira.wire
    assert rows == fresh.sync().rows
    assert rows != before
    assert {n: r.source_updated_at for n, r in rows.items()} == {
        n: r.source_updated_at for n, r in before.items()
    }
    assert_is_truth(rows, jira.truth())


def assert_is_truth(rows, truth):
    assert set(rows) == set(truth)
    for number, record in rows.items():
        told = truth[number]
        assert (record.source_status, record.status) == (told.status, CATEGORIES[told.category])
        assert labels_of(record) == {
            *(("label", name) for name in told.labels),
            *(("component", name) for name in told.components),
        }
        assert record.closed_at == moment(told.done_at)


@pytest.mark.parametrize("project", ["ENG", "TEAM"])
def test_without_any_change_a_row_of_the_census_is_that_of_the_sync(dialect, project):
    jira = site(dialect, issues=150, projects={"ABC": 3})
    jira.project = project
    jira.changes.move("ABC-1", to=project)
    jira.sync()

    assert rows_of_census(jira) == jira.rows


# --- changes during reading ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_while_issues_come_go_and_change(dialect, seed):
    jira = site(dialect, issues=330, seed=seed + 1)
    jira.connect()

    def stir(page: int) -> None:
        for number in range(page * 15 + seed + 1, page * 15 + seed + 13):
            if jira.reader.jira.find(f"ENG-{number}"):  # parts go with their whole
                jira.changes.delete(f"ENG-{number}")
        jira.changes.move(f"ENG-{91 + page * 100 + seed}", to="OPS")
        jira.changes.touch_some(20, seed=seed)
        jira.changes.create("ENG", title=f"New {page}")

    for page in range(2):
        jira.reader.jira.between_pages("/search", after=page + 1, act=lambda n=page: stir(n))
    jira.sync()
    jira.later(minutes=1)
    jira.sync()

    truth = jira.truth()
    assert set(truth) <= set(jira.rows)
    assert {n: jira.rows[n].source_updated_at for n in truth} == {
        n: moment(told.updated_at) for n, told in truth.items()
    }


def test_a_token_that_is_revoked_in_mid_pass_stops_it(dialect):
    jira = site(dialect, issues=330)
    jira.connect()
    revoke = jira.reader.jira.access.revoked.add
    jira.reader.jira.between_pages("/search", after=1, act=lambda: revoke("good-token"))

    with pytest.raises(ProviderAuthError):
        jira.sync()


def test_pages_as_short_as_the_server_likes_are_read_to_the_last(dialect):
    jira = site(dialect, issues=60)
    jira.reader.jira.page_limit = 7

    assert set(jira.sync().rows) == set(jira.truth())
