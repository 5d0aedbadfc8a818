"""The truth a simulated GitHub keeps, against what a reader gets."""

from simulator.clock import stamp
from simulator.github.truth import comments_of, events_of
from simulator.tests.simulated import ENGINE, Reader, plain_issue, reader

__all__ = ["reader"]


def make_trouble(reader: Reader) -> None:
    changes = reader.changes
    changes.touch_some(30, seed=3)
    for title in ("One", "Two", "Three"):
        changes.create(title=title)
    number = plain_issue(reader)
    changes.close(number, reason="duplicate")
    changes.comment(number)
    changes.delete(plain_issue(reader))
    reader.github.change("octo/engine", "transfer", plain_issue(reader), to="octo/attic")
    changes.convert_to_pull(plain_issue(reader))


def test_truth_equals_what_a_full_read_gives(reader):
    make_trouble(reader)

    rows = reader.issues()

    truth = {i: t for i, t in reader.github.truth().items() if t.gone is None}
    assert rows.keys() == truth.keys()
    for id_, row in rows.items():
        fact = truth[id_]
        assert (row["number"], row["state"], row["state_reason"], row["title"], row["body"]) == (
            fact.number, fact.state, fact.state_reason, fact.title, fact.body
        )  # fmt: skip
        assert tuple(label["name"] for label in row["labels"]) == fact.labels
        assert row["updated_at"] == stamp(fact.updated_at)


def test_truth_remembers_what_is_gone_and_why(reader):
    make_trouble(reader)

    gone = [truth.gone for truth in reader.github.truth().values() if truth.gone]

    assert sorted(g.reason for g in gone) == ["deleted", "transferred"]
    assert {g.repository for g in gone} == {"", "octo/attic"}


def test_feeds_hold_all_comments_and_events_of_the_truth(reader):
    make_trouble(reader)
    repository = reader.github.repository("octo/engine")

    comments = reader.read_all(f"{ENGINE}/issues/comments?per_page=100")
    events = reader.read_all(f"{ENGINE}/issues/events?per_page=100")

    ids = [row["id"] for row in comments]
    assert ids == sorted(set(ids))
    assert {comment.id for comment in comments_of(repository)} <= set(ids)
    of_issues = [e["id"] for e in events if "pull_request" not in e["issue"]]
    assert of_issues == sorted({e.id for e in events_of(repository)}, reverse=True)


def test_single_issue_shows_what_the_feeds_show(reader):
    number = next(e["issue"]["number"] for e in reader.read(f"{ENGINE}/issues/events"))
    everything = reader.read_all(f"{ENGINE}/issues/events?per_page=100")

    own = reader.read(f"{ENGINE}/issues/{number}/events")

    in_feed = [e["id"] for e in everything if e["issue"]["number"] == number]
    timeline = reader.read(f"{ENGINE}/issues/{number}/timeline?per_page=100")
    assert [event["id"] for event in own] == in_feed[::-1]
    assert {event["id"] for event in own} <= {row["id"] for row in timeline}


def test_comments_since_are_those_updated_since(reader):
    make_trouble(reader)
    since = stamp(int(reader.github.options.until.timestamp()) - 30 * 86_400)
    feed = f"{ENGINE}/issues/comments?sort=updated&direction=asc&per_page=100"
    everything = reader.read_all(feed)

    rows = reader.read_all(f"{feed}&since={since}")

    assert rows == [row for row in everything if row["updated_at"] >= since]
    assert 0 < len(rows) < len(everything)
