"""Stack Overflow against the provider contract, and its connection."""

import msgspec
import pytest

from integrations.http.session import Response
from integrations.providers.contract.base import (
    Cursor,
    Feed,
    IssueRef,
    Provider,
    ProviderAccessDenied,
    ProviderAuthError,
    ProviderConfigError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderResponseError,
    ProviderUnavailable,
    Scope,
)
from integrations.providers.registry import PROVIDERS, build
from integrations.providers.stackoverflow import StackOverflow, client
from integrations.tests.provider_contract import TOKEN, FakeHttp, ProviderContract, reply
from integrations.tests.stack_pages import (
    API,
    FILTER,
    answer,
    comment,
    page,
    question,
    refusal,
    stack,
)


@pytest.fixture(autouse=True)
def known_filter(monkeypatch):
    monkeypatch.setattr(client, "_filters", {API: FILTER})


class TestStackOverflowKeepsTheContract(ProviderContract):
    feeds = ("issues",)
    refusals = (
        (refusal(400), ProviderConfigError),
        (refusal(401), ProviderAuthError),
        (refusal(402), ProviderAuthError),
        (refusal(403), ProviderAccessDenied),
        (refusal(404), ProviderConfigError),
        (refusal(405), ProviderAuthError),
        (refusal(406), ProviderAuthError),
        (refusal(407), ProviderResponseError),
        (refusal(500), ProviderUnavailable),
        (refusal(502), ProviderRateLimited),
        (refusal(502, quota_max=300, quota_remaining=0), ProviderRateLimited),
        (refusal(503), ProviderUnavailable),
        (refusal(502, 200), ProviderRateLimited),
        (refusal(400, 200), ProviderConfigError),
        (reply(b"foreign body", 401), ProviderAuthError),
        (reply(b"foreign body", 403), ProviderAccessDenied),
        (reply(b"foreign body", 404), ProviderNotFound),
        (reply(b"foreign body", 429), ProviderRateLimited),
        (reply(b"foreign body", 503, retry_after="5"), ProviderRateLimited),
        (reply(b"foreign body", 204), ProviderResponseError),
        (reply(b"foreign body", 304), ProviderResponseError),
        (reply(b"foreign body", 418), ProviderResponseError),
    )

    def build(self, http: FakeHttp) -> Provider:
        return stack(http)

    def pages(self, feed: Feed) -> list[Response]:
        talk = question(2, answers=[answer(on=2, comments=[comment(on=11)])])
        return [
            page(question(1), talk, more=True),
            page(
                talk, question(3, closed_date=1_700_000_500, closed_reason="Duplicate"), more=True
            ),
            page(question(4, comments=[comment(on=4)])),
        ]

    def census_pages(self) -> list[Response]:
        return [
            page(question(1), question(2, creation_date=1_700_000_001), more=True),
            page(
                question(3, creation_date=1_700_000_002), question(4, creation_date=1_700_000_002)
            ),
        ]

    def rows(self, feed: Feed) -> int:
        return 5

    def page_with_a_bad_record(self) -> tuple[Response, bytes]:
        bad = question(2, creation_date="soon", tags=[TOKEN])
        return page(question(1), bad, question(3)), msgspec.json.encode(bad)

    def scope_replies(self) -> list[Response]:
        return [page({"name": "python", "count": 2_000_000})]


# --- what is given to connect --------------------------------------------------------------------


def test_a_scope_is_a_site_and_its_tags_in_one_order():
    given = {"tags": ["Python", "c#", "python "], "site": "", "key": "k", "api_url": ""}

    assert StackOverflow.scope_of(given) == Scope(
        base_url=API, scope="stackoverflow:c#;python", token="k"
    )


@pytest.mark.parametrize(
    "given",
    [
        {"tags": []},
        {"tags": ["a b"]},
        {"tags": ["a;b"]},
        {"tags": ["../x"]},
        {"tags": ["x" * 36]},
        {"tags": [f"t{number}" for number in range(21)]},
        {"tags": [f"{number:034}" for number in range(20)]},
        {"tags": ["a"], "site": "evil/path"},
        {"tags": ["a"], "site": "a:b"},
    ],
)
def test_what_cannot_be_a_scope_is_refused(given):
    with pytest.raises(ProviderConfigError):
        StackOverflow.scope_of({"site": "", "key": "", "api_url": ""} | given)


def test_a_site_and_an_address_of_ones_own():
    given = {"tags": ["espresso"], "site": "Coffee", "key": "", "api_url": "https://so.example/api"}

    scope = StackOverflow.scope_of(given)

    assert (scope.scope, scope.base_url) == ("coffee:espresso", "https://so.example/api")


@pytest.mark.parametrize(
    ("site", "name"),
    [
        ("stackoverflow.com", "stackoverflow"),
        ("ru.stackoverflow.com", "ru.stackoverflow"),
        ("coffee.stackexchange.com", "coffee"),
        ("AskUbuntu.com", "askubuntu"),
        ("mathoverflow.net", "mathoverflow.net"),
        ("meta", "meta"),
    ],
)
def test_a_site_has_one_name_however_it_is_spelt(site, name):
    given = {"tags": ["a"], "site": site, "key": "", "api_url": ""}

    assert StackOverflow.scope_of(given).scope == f"{name}:a"


def test_every_input_is_declared():
    required = {each.name: each.required for each in StackOverflow.inputs}

    assert required == {"tags": True, "site": False, "key": False, "api_url": False}
    assert [each.name for each in StackOverflow.inputs if each.kind == "token"] == ["key"]


@pytest.mark.parametrize("scope", ["stackoverflow", "stackoverflow:", ":", "x y:python", ""])
def test_a_scope_that_is_none_is_refused_before_any_request(scope):
    provider = StackOverflow(Scope(base_url=API, scope=scope), FakeHttp([]))

    with pytest.raises(ProviderConfigError):
        list(provider.fetch_issues(Cursor()))


def test_the_registry_builds_it():
    scope = Scope(base_url=API, scope="stackoverflow:python")

    assert type(build("stackoverflow", scope, FakeHttp([]))) is PROVIDERS["stackoverflow"]


# --- check ---------------------------------------------------------------------------------------


def test_the_check_names_the_scope_in_one_call():
    http = FakeHttp([page({"name": "c#"}, {"name": "python"})])

    info = stack(http, tags="c#;python").check()

    assert http.urls == [f"{API}/tags/c%23;python/info?pagesize=100&site=stackoverflow&key={TOKEN}"]
    assert (info.scope, info.is_private) == ("stackoverflow:c#;python", False)
    assert info.web_url == "https://stackoverflow.com/questions/tagged/c%23+or+python"


def test_a_tag_that_is_not_there_is_named():
    with pytest.raises(ProviderConfigError, match="has no tag pyhton"):
        stack(FakeHttp([page({"name": "python"})]), tags="pyhton;python").check()


def test_an_unknown_site_says_what_to_check():
    with pytest.raises(ProviderConfigError, match="check the site"):
        stack(FakeHttp([refusal(400)])).check()


def test_without_a_key_the_check_says_what_that_means():
    http = FakeHttp([page({"name": "python"}, quota_max=300, quota_remaining=299)])

    info = stack(http, token="").check()

    assert info.notes == ("Without a key Stack Exchange allows 300 requests a day.",)
    assert "key=" not in http.urls[0]


@pytest.mark.parametrize(
    ("site", "host"),
    [
        ("superuser", "superuser.com"),
        ("coffee", "coffee.stackexchange.com"),
        ("coffee.meta", "coffee.meta.stackexchange.com"),
        ("es.stackoverflow", "es.stackoverflow.com"),
        ("mathoverflow.net", "mathoverflow.net"),
    ],
)
def test_the_web_address_is_the_sites_own(site, host):
    provider = StackOverflow(
        Scope(base_url=API, scope=f"{site}:a"), FakeHttp([page({"name": "a"})])
    )

    assert provider.check().web_url == f"https://{host}/questions/tagged/a"


def test_a_long_scope_has_a_short_id():
    tags = ";".join(f"tag-number-{number}" for number in range(9))
    found = page(*({"name": tag} for tag in tags.split(";")))

    info = stack(FakeHttp([found]), tags=tags).check()

    assert len(info.scope_id) <= 64
    assert info.scope_id.startswith("sha256:")


def test_a_hundred_questions_are_asked_for_in_one_request():
    refs = [IssueRef(source_issue_id=str(number)) for number in (1, 2, 3, 4)]
    elsewhere, unreadable = question(2, tags=["c#"]), question(3, title=None)
    http = FakeHttp([page(question(1), elsewhere, unreadable)])

    found = stack(http).fetch_many(refs)

    [url] = http.urls
    assert "/questions/1;2;3;4?" in url and "pagesize=100" in url
    assert found["1"].record.key == "Q1"
    assert {number: each.reason for number, each in found.items() if number != "1"} == {
        "2": "moved",
        "4": "deleted",
    }


def test_more_than_a_hundred_take_a_second_request():
    refs = [IssueRef(source_issue_id=str(number)) for number in range(1, 102)]
    http = FakeHttp([page(), page()])

    found = stack(http).fetch_many(refs)

    assert (len(found), len(http.urls)) == (101, 2)


def test_an_answer_that_is_not_whole_buries_nothing():
    http = FakeHttp([page(question(1), more=True)])

    with pytest.raises(ProviderResponseError, match="more questions"):
        stack(http).fetch_many([IssueRef(source_issue_id="2")])
