"""When all troubles are over: is everything there, once, and is everybody well?"""

import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg

from tests.platform import Reply
from tests.soaking.troubles import mend_all, renew_tokens
from tests.soaking.world import OPEN, Linked, World
from tests.stories import GitHubStory
from tests.sync_truth import differences, read_tables, read_truth

PATIENCE = 600.0
"""Seconds for anything that has to happen by itself: the machine may be busy."""
INDEX_LAG = 1200
"""Seconds by which the trackers' clocks go ahead: all indexes have caught up then."""


class Check(NamedTuple):
    name: str
    is_well: bool
    detail: str


def wait_for(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """The first true value, or the last false one."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return value


def answer(world: World, path: str, method: str = "GET", body: object = None) -> Reply:
    try:
        return world.ann.ask(method, path, body)
    except OSError:
        return Reply(0, None)


def settle(world: World) -> list[Check]:
    mend_all(world)
    wait_for(lambda: answer(world, "/readyz").status == 200)
    renew_tokens(world, random.Random())
    world.trackers.deliveries.settle()
    world.trackers.clock.shift(INDEX_LAG)
    looks: list[Callable[[], list[Check]]] = [
        *(lambda link=link: _truth(world, link) for link in world.links),  # type: ignore[misc]
        *(
            lambda look=look: look(world)
            for look in (_numbers, _runs, _alerts, _receivers, _health)
        ),  # type: ignore[misc]
    ]
    return [check for look in looks for check in _safely(look)]


def _safely(look: Callable[[], list[Check]]) -> list[Check]:
    """What cannot be looked at does not hold; the others are still looked at."""
    try:
        return look()
    except (psycopg.Error, OSError, LookupError, TypeError, AssertionError) as error:
        return [Check("a look at how it stands", False, f"{type(error).__name__}: {error}")]


# --- the tables ---------------------------------------------------------------------------------


def press_sync(world: World, link: Linked, kind: str = "incremental") -> bool:
    """Until a run of that kind has ended well, or patience has. What a fault kept from a sync is
    made up for by the census."""

    def pressed() -> bool:
        asked = answer(world, f"{link.path}/sync/", "POST", {"kind": kind})
        if asked.status != 202:
            return False
        runs = {run["id"] for run in asked.data["runs"] if not run["already_running"]}
        mine = wait_for(lambda: _ended(world, link, runs))
        well = ("succeeded",) if kind == "census" else ("succeeded", "incomplete")
        return bool(mine and mine["state"] in well and mine["kind"] == kind)

    return bool(wait_for(pressed))


def _ended(world: World, link: Linked, asked: set[int]) -> dict[str, Any] | None:
    """The run of this integration that was begun for us, or at least one that is over by now."""
    reply = answer(world, f"{link.path}/syncs/?integration={link.integration}")
    runs = reply.data["results"] if reply.status == 200 else []
    if not runs or runs[0]["state"] in ("queued", "running", "waiting"):
        return None
    mine = [run for run in runs if run["id"] in asked]
    return (mine or runs)[0]


def _truth(world: World, link: Linked) -> list[Check]:
    name = f"{link.kind} (integration {link.integration})"
    synced = press_sync(world, link) and press_sync(world, link, "census")
    wrong = compare(world, link)
    return [
        Check(f"{name}: a sync and a census come to their end", synced, ""),
        Check(f"{name}: the table is the truth", not wrong, _shortly(wrong)),
    ]


def compare(world: World, link: Linked) -> dict[str, Any]:
    """What is wrong, by name."""
    rows = world.query(
        "SELECT source_issue_id, key, title, status FROM issues_issue"
        f" WHERE integration_id = {link.integration} AND removed_at IS NULL"
    )
    mine = {row[0]: (row[1], row[2], row[3]) for row in rows}
    theirs = link.story.issues()
    comments = {
        row[0]
        for row in world.query(
            "SELECT c.source_comment_id FROM issues_comment c"
            " JOIN issues_issue i ON i.id = c.issue_id WHERE c.removed_at IS NULL"
            f" AND i.removed_at IS NULL AND i.integration_id = {link.integration}"
        )
    }
    true_comments = link.story.comments()
    found: dict[str, Any] = {
        "issues lost": sorted(theirs.keys() - mine.keys()),
        "issues invented": sorted(mine.keys() - theirs.keys()),
        "issues different": {
            each: (mine[each], theirs[each])
            for each in mine.keys() & theirs.keys()
            if mine[each] != theirs[each]
        },
        "issues doubled": len(rows) - len(mine),
        "comments lost": sorted(true_comments - comments),
        "comments invented": sorted(comments - true_comments),
    }
    if isinstance(link.story, GitHubStory):
        truth = read_truth(f"http://127.0.0.1:{world.trackers.port}", link.story.name)
        found |= differences(read_tables(world.query, link.integration), truth)
    return {name: wrong for name, wrong in found.items() if wrong}


def _shortly(wrong: dict[str, Any]) -> str:
    return "; ".join(f"{name}: {str(what)[:300]}" for name, what in wrong.items())


# --- all else -----------------------------------------------------------------------------------


def _numbers(world: World) -> list[Check]:
    """The summary of each project counts what its integrations hold."""
    wanted = {
        project: sum(len(each.story.issues()) for each in world.links if each.project == project)
        for project in {link.project for link in world.links}
    }

    def counted() -> dict[int, int]:
        query = "analytics/summary/?from=2000-01-01"
        replies = {p: answer(world, f"/api/projects/{p}/{query}") for p in wanted}
        return {p: r.data["total_issues"] for p, r in replies.items() if r.status == 200}

    wait_for(lambda: counted() == wanted, 240)
    found = counted()
    return [Check("the numbers count what is there", found == wanted, f"{found}, wanted {wanted}")]


def _runs(world: World) -> list[Check]:
    query = f"SELECT count(*) FROM integrations_syncrun WHERE state IN ({OPEN})"
    wait_for(lambda: world.query(query)[0][0] == 0, 120)
    left = f"SELECT integration_id, count(*) FROM integrations_syncrun WHERE state IN ({OPEN})"
    several = world.query(f"{left} GROUP BY integration_id HAVING count(*) > 1")
    return [Check("at most one open run an integration", not several, str(several or ""))]


def _alerts(world: World) -> list[Check]:
    """Everything that was to be told has been."""
    query = "SELECT state, count(*) FROM analytics_alertmessage GROUP BY state"

    def told() -> bool:
        return not {"due", "given_up"} & {row[0] for row in world.query(query)}

    over = "SELECT count(*) FROM analytics_alert WHERE state = 'open' AND topic = 'integration'"
    wait_for(lambda: world.query(over)[0][0] == 0)
    wait_for(told)
    is_open = world.query(over)[0][0]
    states = {str(state): count for state, count in world.query(query)}
    return [Check("all alerts are told and over", told() and not is_open, f"messages: {states}")]


def _receivers(world: World) -> list[Check]:
    """Each message arrived; a second copy has the same id, so that whoever gets it can tell."""
    sent = world.query(
        "SELECT m.delivery_id, m.alert_id, m.revision, c.kind FROM analytics_alertmessage m"
        " JOIN analytics_alertchannel c ON c.id = m.channel_id WHERE m.state = 'sent'"
    )
    by_hook = {str(row[0]) for row in sent if row[3] == "webhook"}
    arrived = [each.delivery_id for each in world.hook.received]
    told = {each.delivery_id: each.json["data"]["alert"] for each in world.hook.received}
    facts = [(alert["id"], alert["revision"]) for alert in told.values()]
    mails = world.mails.ids
    return [
        Check(
            "webhooks: each alert arrived once",
            by_hook <= set(arrived) and len(facts) == len(set(facts)),
            f"{len(by_hook)} sent, {len(arrived)} came, {len(set(arrived))} by their ids",
        ),
        Check(
            "mails: each alert arrived once",
            bool(mails) or not any(row[3] == "email" for row in sent),
            f"{len(mails)} came, {len(set(mails))} by their ids;"
            f" {sum(row[3] == 'email' for row in sent)} messages sent",
        ),
    ]


def _health(world: World) -> list[Check]:
    def states() -> list[str]:
        replies = [answer(world, link.itself) for link in world.links]
        return [reply.data["status"] if reply.status == 200 else "?" for reply in replies]

    wait_for(lambda: set(states()) == {"healthy"})
    found = states()
    ready = answer(world, "/readyz")
    quarantined = world.query("SELECT count(*) FROM integrations_quarantinedrecord")
    return [
        Check("every integration is healthy", set(found) == {"healthy"}, ", ".join(found)),
        Check("/readyz says ready", ready.status == 200, str(ready)),
        Check("nothing is in quarantine", quarantined[0][0] == 0, str(quarantined[0][0])),
    ]
