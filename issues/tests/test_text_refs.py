"""References found in text, in every supported spelling."""

import pytest

from issues.references.issue_refs import Name, Tracker, Trackers
from issues.references.text_refs import MAX_MENTIONS, find_mentions

GITHUB = Tracker.at(
    1, "github", "https://api.github.com", "octo/core", "https://github.com/octo/core"
)
ENTERPRISE = Tracker.at(
    2, "github", "https://ghe.corp/api/v3", "in/side", "https://ghe.corp/in/side"
)
JIRA = Tracker.at(
    3, "jira", "https://acme.atlassian.net/rest/api/3", "ABC",
    "https://acme.atlassian.net/projects/ABC",
)  # fmt: skip
GATEWAY = Tracker.at(
    4, "jira", "https://api.atlassian.com/ex/jira/1/rest/api/3#https://two.atlassian.net", "ZED", ""
)
SERVER = Tracker.at(
    5,
    "jira",
    "http://example.org:8080/jira/rest/api/2",
    "DC",
    "http://example.org:8080/jira/browse/DC",
)
STACK = Tracker.at(
    6, "stackoverflow", "https://api.stackexchange.com/2.3", "stackoverflow:c#",
    "https://stackoverflow.com/questions/tagged/c%23",
)  # fmt: skip
EVERYWHERE = Trackers(GITHUB, [GITHUB, ENTERPRISE, JIRA, GATEWAY, SERVER, STACK])
ALONE = Trackers(GITHUB, [])


def refs(text: str, trackers: Trackers = EVERYWHERE) -> list[str]:
    return [name.ref for name in find_mentions(trackers, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://github.com/Octo/Core/issues/5", "key:github.com:octo/core#5"),
        ("http://www.github.com/octo/core/issues/5/", "key:github.com:octo/core#5"),
        ("[it](https://github.com/octo/core/issues/5#note-9).", "key:github.com:octo/core#5"),
        ("https://github.com/not/connected/issues/7?q=1", "key:github.com:not/connected#7"),
        ("<https://ghe.corp/In/Side/issues/3>", "key:ghe.corp:in/side#3"),
        ("like octo/core#12, and", "key:github.com:octo/core#12"),
        ("(octo/a.b-c_d#12)", "key:github.com:octo/a.b-c_d#12"),
        ("fixes ABC-12.", "key:acme.atlassian.net:ABC-12"),
        ("branch fix/ABC-12-typo", "key:acme.atlassian.net:ABC-12"),
        ("```\nat ABC-12\n```", "key:acme.atlassian.net:ABC-12"),
        ("https://acme.atlassian.net/browse/abc-12?focusedId=1", "key:acme.atlassian.net:ABC-12"),
        ("https://other.atlassian.net/browse/ABC-12", "key:other.atlassian.net:ABC-12"),
        (
            "https://acme.atlassian.net/jira/software/c/projects/ABC/issues/ABC-3",
            "key:acme.atlassian.net:ABC-3",
        ),
        ("https://two.atlassian.net/browse/ZED-1", "key:two.atlassian.net:ZED-1"),
        ("ZED-1", "key:two.atlassian.net:ZED-1"),
        ("http://example.org:8080/jira/browse/DC-4", "key:example.org:8080/jira:DC-4"),
        ("DC-4", "key:example.org:8080/jira:DC-4"),
        ("https://stackoverflow.com/questions/123/how-to", "id:stackoverflow.com:123"),
        ("https://stackoverflow.com/q/123/456", "id:stackoverflow.com:123"),
        ("https://ru.stackoverflow.com/questions/9", "id:ru.stackoverflow.com:9"),
        ("https://unix.stackexchange.com/questions/5/x", "id:unix.stackexchange.com:5"),
        ("https://askubuntu.com/q/77", "id:askubuntu.com:77"),
    ],
)  # fmt: skip
def test_is_a_mention(text, expected):
    assert refs(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain #12 and GH-12",
        "https://github.com/octo/core/pull/5",
        "https://github.com/octo/core/issues",
        "https://github.com/octo/core/issues/5abc",
        "https://unknown.corp/in/side/issues/3",
        "https://gitlab.com/a/b/-/issues/3",
        "https://stackoverflow.com/a/123",
        "https://stackoverflow.com/questions/tagged/python",
        "https://ci.corp/job/ABC-12/console",
        "UTF-8, XABC-12, ABC-12x, abc-12, ABC-, -ABC-12",
        "a/b/c#12",
        "#12 https://[broken/issues/5 http:///issues/5 ftp://github.com/o/r/issues/5x",
        "mail@octo/core#x",
    ],
)
def test_is_no_mention(text):
    assert refs(text) == []


def test_keys_of_unconnected_projects_are_ignored():
    assert refs("ABC-12 and octo/core#1", ALONE) == ["key:github.com:octo/core#1"]


def test_two_spellings_are_one_name():
    text = "octo/core#5 https://github.com/OCTO/core/issues/5 octo/core#6"

    assert refs(text) == ["key:github.com:octo/core#5", "key:github.com:octo/core#6"]


def test_ambiguous_key_belongs_to_the_own_site_or_none():
    other = Tracker.at(9, "jira", "https://x.test/rest/api/2", "ABC", "https://x.test/browse/ABC")

    assert refs("ABC-1", Trackers(other, [JIRA])) == ["key:x.test:ABC-1"]
    assert refs("ABC-1", Trackers(GITHUB, [JIRA, other])) == []


def test_repository_uses_the_default_github():
    assert refs("in/side#1", Trackers(ENTERPRISE, [GITHUB])) == ["key:ghe.corp:in/side#1"]
    assert refs("in/side#1", Trackers(JIRA, [ENTERPRISE])) == ["key:ghe.corp:in/side#1"]
    assert refs("in/side#1", Trackers(JIRA, [])) == ["key:github.com:in/side#1"]


def test_mentions_are_bounded():
    assert len(refs(" ".join(f"a/b#{n}" for n in range(1, 200)))) == MAX_MENTIONS


def test_name_has_the_web_address():
    (found,) = find_mentions(EVERYWHERE, "Octo/Core#5")
    (jira,) = find_mentions(EVERYWHERE, "DC-4")

    assert (found.key, found.url) == ("Octo/Core#5", "https://github.com/Octo/Core/issues/5")
    assert (jira.key, jira.url) == ("DC-4", "http://example.org:8080/jira/browse/DC-4")


def test_overlong_name_uses_its_digest():
    ref = ALONE.of_url(f"https://x.test/{'a' * 700}").ref

    assert len(ref) < 100
    assert ref == Name("url", "", f"x.test/{'a' * 700}").ref


@pytest.mark.parametrize(
    "text", ["a/" * 50_000, "://" * 50_000, "a" * 150_000 + "#1", "#1" * 50_000]
)
def test_hostile_text_is_searched(text):
    assert refs(text + " /issues/ ABC-1") == ["key:acme.atlassian.net:ABC-1"]
