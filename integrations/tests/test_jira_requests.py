"""Known Jira problems of other tools, against the simulated Jira."""

import pytest

from integrations.providers.contract.base import Found, Gone, IssueRef, ProviderNotFound
from integrations.tests.jira_wire import site
from simulator.jira.access import Token

pytestmark = pytest.mark.parametrize("dialect", ["cloud", "server"])


def test_ask_1_the_removed_search_is_not_what_is_asked(dialect):
    jira = site(dialect).sync()

    searches = {url.partition("?")[0] for url in jira.wire.urls if "search" in url}
    assert all(url.endswith("/search/jql" if dialect == "cloud" else "/search") for url in searches)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati", "Etc/UTC"])
def test_ask_2_an_account_in_any_zone_sees_every_update(dialect, zone):
    jira = site(dialect, tokens=[Token("good-token", zone=zone)]).sync()

    for number in range(1, 25):
        jira.later(minutes=40)
        jira.changes.touch(f"ENG-{number}")
        jira.sync()
        assert jira.rows[str(jira.reader.jira.issue(f"ENG-{number}").id)].body.endswith("still so.")


def test_ask_3_a_change_the_index_shows_late_is_read_by_a_later_sync(dialect):
    jira = site(dialect, index_lag=600).sync()
    number = str(jira.reader.jira.issue("ENG-7").id)
    jira.later(hours=1)
    jira.changes.edit("ENG-7", title="Changed")
    jira.later(seconds=5)

    early = jira.sync().rows[number].title
    jira.later(minutes=11)
    late = jira.sync().rows[number].title

    assert (early == "Changed", late) == (False, "Changed")


def test_ask_4_a_deleted_issue_is_missing_from_the_census_and_gone_when_asked_for(dialect):
    jira = site(dialect).sync()
    number = str(jira.reader.jira.issue("ENG-7").id)
    jira.changes.delete("ENG-7")
    provider = jira.provider()

    listed = {entry.source_issue_id for page in provider.census() for entry in page.records}

    assert set(jira.rows) - listed == {number}
    assert provider.fetch_one(IssueRef(source_issue_id=number)) == Gone(reason="not_visible")


def test_a_hidden_issue_is_not_called_deleted(dialect):
    jira = site(dialect).sync()
    ref = IssueRef(source_issue_id=str(jira.changes.hide("ENG-7").id))

    assert jira.provider().fetch_one(ref) == Gone(reason="not_visible")


def test_an_archived_issue_is_gone_where_the_server_says_that_it_is_archived(dialect):
    """Cloud still returns it by id, so it stays unchanged."""
    jira = site(dialect).sync()
    ref = IssueRef(source_issue_id=str(jira.changes.archive("ENG-7").id))

    answer = jira.provider().fetch_one(ref)

    assert isinstance(answer, Found if dialect == "cloud" else Gone)


def test_a_project_out_of_sight_makes_no_tombstone(dialect):
    jira = site(dialect).sync()
    jira.reader.jira.set_project("ENG", hidden=True)

    with pytest.raises(ProviderNotFound):
        jira.provider().fetch_one(IssueRef(source_issue_id=next(iter(jira.rows))))


def test_ask_6_a_closed_issue_that_is_reopened_and_relabelled_comes_again(dialect):
    jira = site(dialect).sync()
    closed = next(r for r in jira.rows.values() if r.status == "done")
    jira.later(hours=2)
    jira.changes.transition(closed.key, status="To Do")
    jira.changes.label(closed.key, name="again")

    record = jira.sync().rows[closed.source_issue_id]

    assert (record.status, record.outcome, record.closed_at) == ("todo", None, None)
    assert "again" in {label.name for label in record.labels}


def test_ask_7_a_removed_label_is_gone_and_its_going_is_written_down(dialect):
    jira = site(dialect).sync()
    labelled = next(r for r in jira.rows.values() if r.labels and r.labels[0].kind == "label")
    name = labelled.labels[0].name
    jira.later(hours=2)
    jira.changes.unlabel(labelled.key, name=name)

    record = jira.sync().rows[labelled.source_issue_id]

    assert name not in {label.name for label in record.labels if label.kind == "label"}
    assert (name, "") in {(t.from_value, t.to_value) for t in jira.transitions.values()}


def test_ask_8_an_idle_sync_is_one_search(dialect):
    """This Cloud names no account in its replies, so the account is fetched."""
    jira = site(dialect).sync()
    jira.later(days=1)
    jira.sync()
    before = len(jira.wire.urls)
    jira.later(days=1)

    jira.sync()

    asked = [url.rpartition("/")[2] for url in jira.wire.urls[before:]]
    assert asked == (["jql", "myself"] if dialect == "cloud" else ["search"])


def test_ask_30_an_issue_that_moved_keeps_its_id_and_remembers_its_key(dialect):
    jira, other = site(dialect), site(dialect)
    other.reader, other.wire.reader, other.project = jira.reader, jira.reader, "OPS"
    jira.sync()
    other.sync()
    jira.later(hours=2)
    moved = jira.changes.move("ENG-7", to="OPS")

    answer = jira.provider().fetch_one(IssueRef(source_issue_id=str(moved.id), key="ENG-7"))
    record = other.sync().rows[str(moved.id)]

    assert (answer.reason, answer.moved_to.rpartition("/")[2]) == ("moved", moved.key)
    assert (record.key, record.previous_keys) == (moved.key, ("ENG-7",))


def test_ask_19_a_scoped_token_reads_through_the_gateway(dialect):
    if dialect == "server":
        pytest.skip("only the Cloud has scoped tokens")
    jira = site(dialect)
    jira.connect(token="scoped-1")
    before = len(jira.wire.urls)

    jira.sync()

    assert set(jira.rows) == set(jira.truth())
    assert all("/atlassian/ex/jira/" in url for url in jira.wire.urls[before:])
    assert all("/jira/browse/ENG-" in record.url for record in jira.rows.values())
