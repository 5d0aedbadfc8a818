"""Explanation of a spike, compared with its usual issues."""

import pytest

from analytics.spikes.explanation import IssueFeatures, explain
from analytics.spikes.title_similarity import cluster_titles, is_similar, words_of
from analytics.tests.spiking import TODAY, ago, history

__all__ = ["history"]


def features(
    number: int, title: str = "Broken", reporter: str = "", labels=(), components=()
) -> IssueFeatures:
    return IssueFeatures(
        number, reporter, title, words_of(title), frozenset(labels), frozenset(components)
    )


def test_a_label_stands_out_with_its_issues():
    moved = [features(n, labels=("crash", "ui")) for n in range(4)] + [features(9, labels=("ui",))]
    usual = [features(n, labels=("ui",)) for n in range(95)] + [features(n, labels=("crash",))
                                                            for n in range(5)]  # fmt: skip

    assert explain(moved, usual)["labels"] == [
        {
            "name": "crash", "count": 4, "share": 0.8, "usual_share": 0.05, "lift": 14.69,
            "issue_ids": [0, 1, 2, 3],
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name"), [("components", "api"), ("reporters", "ann"), ("words", "timeout")]
)
def test_components_reporters_and_words_stand_out(kind, name):
    moved = [features(n, "Timeout", "ann", components=("api",)) for n in range(3)]
    usual = [features(n, "Broken", "bob", components=("web",)) for n in range(50)]

    assert [row["name"] for row in explain(moved, usual)[kind]] == [name]


def test_feature_of_one_issue_is_no_cause():
    moved = [features(1, "Alpha", labels=("a",)), features(2, "Beta", labels=("b",))]

    found = explain(moved, [features(3)])

    assert found["labels"] == found["words"] == found["similar_titles"] == []


def test_summary_names_causes_or_their_absence():
    alone = [features(1, "Alpha"), features(2, "Beta"), features(3, "Gamma")]
    crashes = [features(number, "Boom", labels=("crash",)) for number in (4, 5)]

    nothing, something = explain(alone, [features(9)]), explain(crashes, [features(9)])

    assert nothing["summary"] == (
        "No label, component, reporter or word is more common than usual in these issues."
    )
    assert nothing["issue_ids"] == [1, 2, 3]
    assert something["summary"].startswith("More than usual: label crash (2 of 2 issues);")


def test_similar_titles_are_one_cluster():
    titles = ("Login fails with error 500", "login fails with error 502!", "Dark mode, please",
              "Login fails: error 500 again")  # fmt: skip
    moved = [features(number, title) for number, title in enumerate(titles)]

    [cluster] = explain(moved, [features(9, "Something else")])["similar_titles"]

    assert (cluster["name"], cluster["issue_ids"]) == (titles[0], [0, 1, 3])


def test_titles_that_are_usual_explain_nothing():
    nightly = [features(n, "Nightly build failed") for n in range(40)]

    assert explain(nightly[:5], nightly)["similar_titles"] == []


def test_an_explanation_is_bounded():
    labels = [f"label {n}" for n in range(30)]
    moved = [features(n, "Broken " + "really " * 90, labels=labels) for n in range(50)]

    found = explain(moved, [features(n, "Else") for n in range(50)])

    assert len(found["labels"]) == 5
    assert len(found["labels"][0]["issue_ids"]) == 20
    assert len(found["similar_titles"][0]["name"]) == 200


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Crash on start", "crash on START", True),
        ("Crash on start", "Crash when saving", False),
        ("12", "13", False),
        ("Fehler beim Öffnen", "fehler beim öffnen 3", True),
    ],
)
def test_alike(one, other, expected):
    assert is_similar(words_of(one), words_of(other)) == expected


def test_no_titles_no_clusters():
    assert cluster_titles([]) == []


def test_a_spike_is_explained_by_its_own_issues(history):
    history.fill(ago(1), title="Broken as ever")
    crashes = history.open(TODAY, 12, title="Crash on start")
    history.tag(crashes, "crash")

    [spike] = history.judge()

    found = spike.explanation
    assert (found["issues"], found["issues_before"]) == (12, 126)
    assert [row["name"] for row in found["labels"]] == ["crash"]
    assert {row["name"] for row in found["words"]} == {"crash", "start"}
    assert found["similar_titles"][0]["count"] == 12
    assert set(found["labels"][0]["issue_ids"]) == {issue.pk for issue in crashes}


def test_a_labels_spike_is_explained_by_issues_with_the_label(history):
    history.fill(ago(1), label="ui")
    history.open(TODAY, 3, title="Something else")
    history.tag(history.open(TODAY, 12, title="Menu gone"), "ui")

    history.judge()

    [spike] = history.spikes(series_kind="label")
    assert spike.explanation["issues"] == 12
    assert {row["name"] for row in spike.explanation["words"]} == {"menu", "gone"}
