"""The search index: what a search sees, which may be what was true a while ago."""

from collections.abc import Iterator, Mapping, Set

from simulator.clock import Clock

from .model import Issue


class Index:
    """Late by `lag` seconds of the trackers' clock. Reading one issue by its id is never late."""

    def __init__(self, clock: Clock, lag: float) -> None:
        self._clock = clock
        self.lag = lag
        self.version = 0
        """Rises when something late has arrived."""
        self._shown: dict[int, Issue | None] = {}
        """Issues that look otherwise than they are; None: one that is not there yet."""
        self._due: list[tuple[float, int, Issue | None]] = []

    def before(self, issue_id: int, issue: Issue | None) -> None:
        """About to change (None: to be created)."""
        if self.lag and issue_id not in self._shown:
            self._shown[issue_id] = issue.copied() if issue else None

    def after(self, issue_id: int, issue: Issue | None) -> None:
        """Has changed (None: is gone)."""
        if issue_id in self._shown:
            copy = issue.copied() if issue else None
            self._due.append((self._clock.exact() + self.lag, issue_id, copy))

    def settle(self) -> None:
        """Let arrive what is due by now."""
        now = self._clock.exact()
        arrived = [due for due in self._due if due[0] <= now]
        if not arrived:
            return
        self._due = [due for due in self._due if due[0] > now]
        self.version += 1
        for _, issue_id, issue in sorted(arrived, key=lambda due: due[0]):
            self._shown[issue_id] = issue
        waiting = {issue_id for _, issue_id, _ in self._due}
        for issue_id in [known for known in self._shown if known not in waiting]:
            del self._shown[issue_id]

    def rows(self, live: Mapping[int, Issue], reconciled: Set[int]) -> Iterator[Issue]:
        """What a search may find; `reconciled` ids are looked up as they are."""
        late = {i: issue for i, issue in self._shown.items() if i not in reconciled}
        for issue_id, issue in live.items():
            if issue_id not in late:
                yield issue
        for old in late.values():
            if old is not None:
                yield old
