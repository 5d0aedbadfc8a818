"""Decisions on bots and matched accounts, and undoing them."""

import pytest

from integrations.providers.contract.base import CommentRecord, IssueRef, PersonRecord
from issues import tasks
from issues.identity import match_suggestions, people
from issues.identity.account_matching import digest_email
from issues.models import IssueLink, Person, PersonMatch
from issues.store import Target, store_comments, store_issues
from issues.tests.test_store import AT
from issues.tests.test_store import make as issue
from projects.tests.people import Team, team

__all__ = ["team"]


def person(login: str, **fields) -> PersonRecord:
    return PersonRecord(source_person_id=login, login=login, **fields)


def comment(author: PersonRecord) -> CommentRecord:
    return CommentRecord(
        source_comment_id="1", issue=IssueRef(key="#1"), author=author, body="Yes", url="",
        commented_at=AT, source_updated_at=AT,
    )  # fmt: skip


@pytest.fixture
def make(team: Team):
    def make_person(login: str, **fields) -> Person:
        values = {"provider": "github", "origin": "api.github.com", "source_person_id": login}
        return Person.objects.create(project=team.project, login=login, **(values | fields))

    return make_person


@pytest.fixture
def match(team, make) -> PersonMatch:
    pair = make("ann"), make("ann-j", provider="jira", origin="jira.example.com")
    return PersonMatch.objects.create(project=team.project, first=pair[0], second=pair[1])


@pytest.fixture
def sent(monkeypatch) -> list:
    sent: list = []
    monkeypatch.setattr(tasks.review_people, "apply_async", lambda args, **_: sent.append(args))
    return sent


# --- bots ----------------------------------------------------------------------------------------


def test_bots_are_listed_and_can_be_overridden(team, make, sent):
    make("helper[bot]", is_bot=True)
    quiet = make("quiet-helper")
    url = f"{team.url}people/"

    decided = team.call("maintainer").patch(f"{url}{quiet.pk}/", {"is_bot": True}, format="json")

    bots = team.call("viewer").get(f"{url}?bot=true").json()["results"]
    assert [(b["login"], b["bot_by"]) for b in bots] == [
        ("helper[bot]", "provider"), ("quiet-helper", "maintainer"),
    ]  # fmt: skip
    assert decided.status_code == 200
    assert sent == [([quiet.pk],)]


def test_all_people_are_listed_without_a_filter(team, make):
    make("ann")
    make("helper[bot]", is_bot=True)
    make("ghost", is_deleted=True)

    listed = team.call("viewer").get(f"{team.url}people/").json()["results"]

    assert {each["login"] for each in listed} >= {"ann", "helper[bot]", "ghost"}


def test_null_restores_the_provider_value(team, make, sent):
    helper = make("helper[bot]", is_bot=True, bot_override=False)
    url = f"{team.url}people/{helper.pk}/"

    assert team.call("viewer").get(url).json()["is_bot"] is False
    assert team.call("owner").patch(url, {"is_bot": None}, format="json").json()["is_bot"] is True


def test_sync_keeps_the_override(integration):
    target = Target.of(integration)
    store_issues(target, [issue(author=person("ann"))])
    Person.objects.update(bot_override=True)

    store_issues(Target.of(integration), [issue(author=person("ann", display_name="Ann"))])

    assert Person.objects.get().counts_as_bot


def test_first_response_follows_the_bot_override(integration, team):
    target = Target.of(integration)
    store_issues(target, [issue(author=person("ann"))])
    store_comments(target, [comment(author=person("bob"))])
    bob = Person.objects.get(login="bob")
    people.review_responses(person_ids=[bob.pk])
    before = integration.issues.get().first_response_at

    people.decide_bot(person=bob, is_bot=True, actor=team.owner)
    people.review_responses(person_ids=[bob.pk])

    assert before is not None
    assert integration.issues.get().first_response_at is None


def test_sweep_reviews_people_after_a_lost_message(make, team):
    forgotten = make("ann")

    people.decide_bot(person=forgotten, is_bot=True, actor=team.owner)

    assert people.people_to_review() == [forgotten.pk]


# --- matches -------------------------------------------------------------------------------------


def test_accepted_match_joins_accounts_and_undo_separates_them(team, match, sent):
    url = f"{team.url}people/matches/{match.pk}/"
    accepted = team.call("maintainer").post(f"{url}accept/")
    identity = Person.objects.get(pk=match.second_id).identity_id

    undone = team.call("maintainer").post(f"{url}undo/")

    assert (accepted.json()["state"], identity) == ("accepted", match.first_id)
    assert (undone.json()["state"], undone.json()["decided_by"]) == ("suggested", None)
    assert Person.objects.get(pk=match.second_id).identity_id is None


def test_decided_match_must_be_undone_first(team, match, sent):
    url = f"{team.url}people/matches/{match.pk}/"
    team.call("owner").post(f"{url}dismiss/")

    assert team.call("owner").post(f"{url}accept/").status_code == 409
    assert team.call("owner").post(f"{url}dismiss/").status_code == 200


def test_answer_from_the_authors_other_account_is_no_response(integration, team):
    target = Target.of(integration)
    store_issues(target, [issue(author=person("ann"))])
    store_comments(target, [comment(author=person("ann-2"))])
    ann, other = Person.objects.order_by("pk")
    pair = PersonMatch.objects.create(project=integration.project, first=ann, second=other)

    changed = people.accept_match(match=pair, actor=team.owner).changed
    people.review_responses(person_ids=changed)

    assert integration.issues.get().first_response_at is None


def test_same_email_is_suggested_once_and_not_after_dismissal(team, make):
    digest = digest_email("Ann@Example.com")
    make("ann", email_digest=digest)
    make("a.nn", provider="jira", origin="j", email_digest=digest)

    first = match_suggestions.suggest_matches(team.project.pk)
    people.dismiss_match(match=PersonMatch.objects.get(), actor=team.owner)
    again = match_suggestions.suggest_matches(team.project.pk)

    assert (first, again) == (1, 0)
    assert PersonMatch.objects.get().evidence == ["same_email"]
    assert digest_email("ann@example.com") == digest


def test_same_login_at_linked_issues_is_suggested(integration):
    target = Target.of(integration)
    one, two = issue(author=person("hana-forge")), issue(number=2, author=person("x"))
    store_issues(target, [one, two])
    first, second = integration.issues.order_by("pk")
    twin = Person.objects.create(
        project=integration.project, provider="jira", origin="j", source_person_id="9",
        login="Hana-Forge",
    )  # fmt: skip
    type(second).objects.filter(pk=second.pk).update(author=twin)
    IssueLink.objects.create(
        issue=first, target=second, kind="relates", source="text", target_ref="key:j:#2"
    )

    assert match_suggestions.suggest_matches(integration.project_id) == 1
    assert PersonMatch.objects.get().evidence == ["same_login", "linked_issues"]


def test_lists_use_a_constant_number_of_queries(team, make, django_assert_num_queries):
    client = team.call("viewer")
    for number in range(20):
        pair = make(f"a{number}"), make(f"b{number}")
        PersonMatch.objects.create(project=team.project, first=pair[0], second=pair[1])

    with django_assert_num_queries(3):
        client.get(f"{team.url}people/matches/")
    with django_assert_num_queries(3):
        client.get(f"{team.url}people/")
