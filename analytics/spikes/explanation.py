"""Explanation of a spike: features that are more common than before.

Compares labels, components, reporters, words of titles and clusters of similar titles. Each has
its number of issues, its share, its usual share, their ratio (`lift`), and the issues.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from analytics.models import Spike
from analytics.spikes.baseline import GUARD_DAYS, WINDOW_DAYS
from analytics.spikes.series import Issues, counted_issues, of_series
from analytics.spikes.title_similarity import cluster_titles, count_similar, words_of
from issues.models import IssueLabel, Person

MOST_ISSUES = 300
"""Limit of issues read per spike, newest first."""
MOST_USUAL_ISSUES = 3000
_MOST_FEATURES = 5
_MOST_IDS = 20
_LEAST_LIFT = 1.5
_LONGEST_NAME = 200
_FEATURE_NAMES: Mapping[str, str] = {
    "labels": "label",
    "components": "component",
    "reporters": "reporter",
    "similar_titles": "titles like",
    "words": "word",
}

Explanation = dict[str, object]


@dataclass(frozen=True)
class IssueFeatures:
    """Features of an issue that may explain a spike."""

    id: int
    reporter: str
    title: str
    words: frozenset[str]
    labels: frozenset[str] = frozenset()
    components: frozenset[str] = frozenset()


def explain_spike(spike: Spike) -> Explanation:
    first, last = spike.window
    learned_until = first - timedelta(days=GUARD_DAYS + 1)
    usual_since = learned_until - timedelta(days=WINDOW_DAYS - 1)
    found = _read(_issues_of(spike, first, last), MOST_ISSUES)
    usual = _read(_issues_of(spike, usual_since, learned_until), MOST_USUAL_ISSUES)
    return explain(found, usual)


def explain(found: Sequence[IssueFeatures], usual: Sequence[IssueFeatures]) -> Explanation:
    """Compare the spike's issues with the usual ones; `summary` is text for users."""
    features = {
        "labels": _compare(found, usual, lambda issue: issue.labels),
        "components": _compare(found, usual, lambda issue: issue.components),
        "reporters": _compare(found, usual, _reporter),
        "words": _compare(found, usual, lambda issue: issue.words),
        "similar_titles": _similar(found, usual),
    }
    return {
        "summary": _summary(features, len(found)),
        "issues": len(found),
        "issues_before": len(usual),
        "issue_ids": [issue.id for issue in found[:_MOST_IDS]],
        **features,
    }


def _summary(features: Mapping[str, list[Explanation]], issues: int) -> str:
    """Name the strongest feature of each kind."""
    parts = [
        f"{words} {rows[0]['name']} ({rows[0]['count']} of {issues} issues)"
        for kind, words in _FEATURE_NAMES.items()
        if (rows := features[kind])
    ]
    if parts:
        return f"More than usual: {'; '.join(parts)}."
    return "No label, component, reporter or word is more common than usual in these issues."


def _reporter(issue: IssueFeatures) -> Iterable[str]:
    return (issue.reporter,) if issue.reporter else ()


def _compare(
    found: Sequence[IssueFeatures],
    usual: Sequence[IssueFeatures],
    features_of: Callable[[IssueFeatures], Iterable[str]],
) -> list[Explanation]:
    """List features of at least two issues, those most above the usual first."""
    before: dict[str, int] = defaultdict(int)
    for issue in usual:
        for feature in features_of(issue):
            before[feature] += 1
    having: dict[str, list[int]] = defaultdict(list)
    for issue in found:
        for feature in features_of(issue):
            having[feature].append(issue.id)
    rows = [
        _Row(name, ids, before.get(name, 0), len(found), len(usual))
        for name, ids in having.items()
        if len(ids) > 1
    ]
    standing_out = [row for row in rows if row.lift >= _LEAST_LIFT]
    standing_out.sort(key=lambda row: (-row.excess, row.name))
    return [row.as_dict() for row in standing_out[:_MOST_FEATURES]]


def _similar(found: Sequence[IssueFeatures], usual: Sequence[IssueFeatures]) -> list[Explanation]:
    usual_words = [issue.words for issue in usual]
    rows = []
    for cluster in cluster_titles([issue.words for issue in found])[:_MOST_FEATURES]:
        members = [found[position] for position in cluster.members]
        before = count_similar(cluster.words, usual_words)
        ids = [issue.id for issue in members]
        rows.append(_Row(members[0].title, ids, before, len(found), len(usual)))
    return [row.as_dict() for row in rows if row.lift >= _LEAST_LIFT]


@dataclass(frozen=True)
class _Row:
    name: str
    ids: Sequence[int]
    before: int
    of: int
    of_before: int

    @property
    def share(self) -> float:
        return len(self.ids) / self.of

    @property
    def usual_share(self) -> float:
        return self.before / self.of_before if self.of_before else 0.0

    @property
    def lift(self) -> float:
        """Ratio of share to usual share; half an issue avoids division by zero."""
        return self.share / ((self.before + 0.5) / (self.of_before + 1))

    @property
    def excess(self) -> float:
        return len(self.ids) - self.usual_share * self.of

    def as_dict(self) -> Explanation:
        return {
            "name": self.name[:_LONGEST_NAME],
            "count": len(self.ids),
            "share": round(self.share, 4),
            "usual_share": round(self.usual_share, 4),
            "lift": round(self.lift, 2),
            "issue_ids": list(self.ids[:_MOST_IDS]),
        }


def _issues_of(spike: Spike, first: date, last: date) -> Issues:
    issues = counted_issues(spike.project, first, last)
    return of_series(issues, (spike.series_kind, spike.series_value))


def _read(issues: Issues, most: int) -> list[IssueFeatures]:
    rows = list(issues.order_by("-opened_at", "-id").values("pk", "title", "reporter")[:most])
    labels = _labels_of([row["pk"] for row in rows])
    names = _names_of({row["reporter"] for row in rows if row["reporter"]})
    return [
        IssueFeatures(
            id=row["pk"],
            reporter=names.get(row["reporter"], ""),
            title=row["title"],
            words=words_of(row["title"]),
            labels=frozenset(labels["label", row["pk"]]),
            components=frozenset(labels["component", row["pk"]]),
        )
        for row in rows
    ]


def _labels_of(issue_ids: Sequence[int]) -> Mapping[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    pairs = IssueLabel.objects.filter(issue__in=issue_ids)
    for kind, issue_id, name in pairs.values_list("label__kind", "issue_id", "label__name"):
        found[kind, issue_id].append(name)
    return found


def _names_of(person_ids: Iterable[int]) -> dict[int, str]:
    people = Person.objects.filter(pk__in=person_ids)
    return dict(people.values_list("pk", "login"))
