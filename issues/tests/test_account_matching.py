"""Rule for suggesting that two accounts belong to one person."""

import pytest

from issues.identity.account_matching import (
    Account,
    connect,
    find_evidence,
    is_suggested,
    noreply_names,
    read_noreply,
)

GITHUB, JIRA = ("github", "api.github.com"), ("jira", "jira.example.com")


def suggested(one: Account, other: Account, *, linked: bool = False) -> bool:
    return is_suggested(one, other, find_evidence(one, other, linked=linked))


def account(number: int, tracker=GITHUB, login: str = "hana-forge", **fields) -> Account:
    return Account(id=number, tracker=tracker, login=login, **fields)


@pytest.mark.parametrize(
    ("one", "other", "linked", "is_so"),
    [
        # An equal email address is enough, also within one tracker.
        ({"email_digest": "d"}, {"login": "x-other", "email_digest": "d"}, False, True),
        ({"email_digest": "d"}, {"login": "x-other", "email_digest": "e"}, False, False),
        # Names alone are never enough.
        ({"display_name": "Hana Forge"}, {"display_name": "Hana Forge"}, False, False),
        ({}, {}, False, False),
        # A name plus linked issues is enough.
        ({}, {}, True, True),
        ({"login": "hf", "display_name": "Hana Forge"},
         {"login": "h.f", "display_name": "hana forge"}, True, True),
        ({"login": "one-name"}, {"login": "another-name"}, True, False),
        # Generic names do not count.
        ({"login": "admin"}, {"login": "admin"}, True, False),
        ({"login": "bob"}, {"login": "bob"}, True, False),
        # Never bots, never two deleted accounts.
        ({"email_digest": "d", "is_bot": True}, {"email_digest": "d"}, True, False),
        ({"email_digest": "d", "is_deleted": True},
         {"email_digest": "d", "is_deleted": True}, True, False),
        ({"email_digest": "d", "is_deleted": True}, {"email_digest": "d"}, True, True),
    ],
)  # fmt: skip
def test_required_evidence_for_a_suggestion(one, other, linked, is_so):
    assert suggested(account(1, **one), account(2, JIRA, **other), linked=linked) is is_so


def test_within_one_tracker_only_the_email_counts():
    assert not suggested(account(1), account(2), linked=True)
    assert suggested(account(1, email_digest="d"), account(2, email_digest="d"))


def test_noreply_address_identifies_an_account_not_an_email():
    assert read_noreply("123+ann@users.noreply.github.com") == "github.com/id/123"
    assert read_noreply("Ann@users.noreply.github.com") == "github.com/login/ann"
    assert read_noreply("ann@example.com") == ""
    assert "github.com/id/123" in noreply_names("github", "api.github.com", "123", "ann")


def test_chained_matches_form_one_identity():
    assert connect([(3, 2), (5, 3), (8, 7)]) == {2: 2, 3: 2, 5: 2, 7: 7, 8: 7}
