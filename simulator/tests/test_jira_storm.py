"""A simulated Jira in a storm of changes: what it shows stays at one with what it knows."""

import json

import pytest

from simulator.jira.api_cloud import CloudApi
from simulator.jira.scheme import PRIORITIES, STATUSES, TYPES
from simulator.seeded_random import Dice, key_of
from simulator.tests.simulated_jira import JiraReader

EVERYTHING = "created >= 0 ORDER BY created ASC, id ASC"
WHOLE = {"fields": ["*all"], "expand": "changelog", "maxResults": 100}


def stir(reader: JiraReader, dice: Dice) -> None:
    """Somebody does something to some issue."""
    changes, issues = reader.changes, list(reader.jira.issues.values())
    one, other = dice.pick(issues), dice.pick(issues)
    acts = [
        lambda: changes.transition(one.id, status=dice.pick(list(STATUSES)), resolution="Fixed"),
        lambda: changes.edit(one.id, title=f"Words {dice.bits()}"),
        lambda: changes.assign(one.id, login=dice.pick(["kai-oak", None])),
        lambda: changes.prioritise(one.id, priority=dice.pick(list(PRIORITIES))),
        lambda: changes.change_type(one.id, type=dice.pick(list(TYPES))),
        lambda: changes.comment(one.id, body=f"Said {dice.bits()}"),
        lambda: changes.link(one.id, to=other.id) if one is not other else None,
        lambda: changes.set_parent(one.id, parent=other.id) if one is not other else None,
        lambda: changes.set_parent(one.id, parent=None),
        lambda: changes.move(one.id, to="ENG" if one.project == "OPS" else "OPS"),
        lambda: changes.delete(one.id) if dice.chance(40) else None,
        lambda: changes.create(dice.pick(["ENG", "OPS"]), title=f"New {dice.bits()}"),
        lambda: changes.hide(one.id),
        lambda: changes.show(one.id),
    ]
    reader.clock.shift(dice.roll(30))
    dice.pick(acts)()


@pytest.mark.parametrize("seed", range(2))
def test_rows_that_were_kept_are_those_made_anew(seed):
    reader, dice = JiraReader(), Dice(key_of(seed, "storm"))
    for _ in range(3):
        for _ in range(60):
            stir(reader, dice)
        kept = reader.search(EVERYTHING, **WHOLE)
        reader.api = CloudApi(reader.jira)

        assert reader.search(EVERYTHING, **WHOLE) == kept


@pytest.mark.parametrize("seed", range(4))
def test_late_index_ends_up_with_the_truth(seed):
    reader, dice = JiraReader(index_lag=45), Dice(key_of(seed, "late"))
    for _ in range(150):
        stir(reader, dice)
        reader.page(EVERYTHING)
    reader.clock.shift(46)

    shown = {row["id"]: row["fields"]["summary"] for row in reader.search(EVERYTHING, **WHOLE)}

    there = [t for t in reader.jira.truth("").values() if not t.gone and not t.hidden]
    assert shown == {str(truth.id): truth.title for truth in there}


@pytest.mark.parametrize("seed", range(4))
def test_reader_who_follows_the_rules_misses_nothing(seed):
    """Created ascending, since the start of the run before less an overlap longer than the lag."""
    reader, dice = JiraReader(index_lag=45), Dice(key_of(seed, "reader"))
    known: dict[str, str] = {}
    since = 0
    for _ in range(5):
        start = int(reader.clock.exact() * 1000)
        jql = f"project in (ENG, OPS, TEAM) AND updated >= {since} ORDER BY created ASC, id ASC"
        token: dict[str, str] = {}
        while True:
            page = reader.page(jql, fields=["summary"], maxResults=10, **token)
            known |= {row["id"]: row["fields"]["summary"] for row in page["issues"]}
            stir(reader, dice)
            if "nextPageToken" not in page:
                break
            token = {"nextPageToken": page["nextPageToken"]}
        since = start - 60_000
        reader.clock.shift(60)
    known |= {row["id"]: row["fields"]["summary"] for row in reader.search(
        f"project in (ENG, OPS, TEAM) AND updated >= {since}", fields=["summary"])}  # fmt: skip

    there = [t for t in reader.jira.truth("").values() if not t.gone and not t.hidden]
    assert {str(t.id): t.title for t in there}.items() <= known.items()


def test_webhooks_are_told_through_the_storm():
    reader, dice = JiraReader(), Dice(5)
    told = []
    reader.jira.on_happened = lambda outgoing: told.append(json.loads(outgoing.body))

    for _ in range(120):
        stir(reader, dice)

    assert {body["webhookEvent"] for body in told} >= {
        "jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created",
    }  # fmt: skip
