"""A census after a bulk edit: what it costs a repository of 1,000 issues, and what stays old."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bars.bar import Bar
from tests.sync_platform import Link, open_site

ROWS = 1_334
"""Of which a quarter are pull requests."""
EDITED = 900
MILLISECONDS = 100
"""So long the tracker takes to answer."""


def measure() -> list[Bar]:
    with TemporaryDirectory() as folder, open_site(Path(folder) / "var") as site:
        link = site.connect(ROWS, MILLISECONDS)
        link.wait_for_end()
        _edit(link)
        site.trackers.journal.clear()
        census, sync = link.sync("census"), link.sync()
        requests, wrong = len(link.requests()), link.differences()
    states = f"{census['state']}, {sync['state']}; {census['issues_updated']} updated"
    done = f"census and sync after {EDITED} of 1,000 issues were edited"
    return [
        Bar(f"{done}: requests", 120, requests, states),
        Bar(f"{done}: rows that are old", 0, sum(map(len, wrong.values()))),
    ]


def _edit(link: Link) -> None:
    """Each gets a new title, which leaves an event, and every third one a comment."""
    github = link.site.trackers.github
    changes, truth = github.changes(link.repository), github.truth(link.repository)
    for count, number in enumerate([issue.number for issue in truth.values()][:EDITED]):
        changes.edit(number, title=f"Edited in bulk: {number}")
        if count % 3 == 0:
            changes.comment(number, body="Closing what is old.")
