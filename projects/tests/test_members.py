import pytest

from accounts.models import User
from projects.models import Membership
from projects.services import create_project


def test_every_member_sees_the_members(team):
    listed = team.call("viewer").get(team.members_url).json()

    assert [(row["email"], row["role"]) for row in listed["results"]] == [
        ("owner@example.com", "owner"),
        ("maintainer@example.com", "maintainer"),
        ("viewer@example.com", "viewer"),
    ]


def test_list_costs_the_same_for_many(team, make_user, django_assert_num_queries):
    for number in range(10):
        user = make_user(f"m{number}@example.com")
        Membership.objects.create(project=team.project, user=user)

    with django_assert_num_queries(3):
        assert team.call("owner").get(team.members_url).json()["count"] == 13


@pytest.mark.parametrize("name", ["viewer", "maintainer"])
def test_only_an_owner_adds_members(team, name):
    body = {"email": "outsider@example.com", "role": "viewer"}

    refused = team.call(name).post(team.members_url, body)
    added = team.call("owner").post(team.members_url, body)

    assert (refused.status_code, added.status_code) == (403, 201)
    assert team.membership("outsider").role == "viewer"


def test_address_is_found_in_any_spelling(team):
    added = team.call("owner").post(team.members_url, {"email": " Outsider@EXAMPLE.com "})

    assert added.status_code == 201
    assert added.json()["user_id"] == team.outsider.pk
    assert added.json()["role"] == "viewer"


def test_existing_member_is_a_conflict(team):
    body = {"email": "viewer@example.com", "role": "owner"}

    assert team.call("owner").post(team.members_url, body).status_code == 409
    assert team.membership("viewer").role == "viewer"


def test_id_of_a_stranger_looks_like_a_missing_one(team):
    stranger = team.call("owner").post(team.members_url, {"user_id": team.outsider.pk})
    missing = team.call("owner").post(team.members_url, {"user_id": 10**12})

    assert stranger.status_code == missing.status_code == 404
    assert stranger.json() == missing.json()


def test_id_of_an_account_in_a_shared_project_is_accepted(team):
    second = create_project(owner=team.owner, name="Second")

    added = team.call("owner").post(
        f"/api/projects/{second.pk}/members/", {"user_id": team.viewer.pk, "role": "maintainer"}
    )

    assert added.status_code == 201


def test_disabled_account_cannot_be_added(team):
    User.objects.filter(pk=team.outsider.pk).update(is_active=False)

    response = team.call("owner").post(team.members_url, {"email": "outsider@example.com"})

    assert response.status_code == 404


def test_address_lookups_are_limited(team, settings):
    settings.DIIP_ATTEMPT_LIMITS |= {
        "member_lookup": (2, settings.DIIP_ATTEMPT_LIMITS["member_lookup"][1])
    }
    client = team.call("owner")
    for name in ("maintainer", "viewer", "outsider"):  # successes do not count
        client.post(team.members_url, {"email": f"{name}@example.com"})

    statuses = [
        client.post(team.members_url, {"email": f"a{n}@example.com"}).status_code for n in range(3)
    ]

    assert statuses == [404, 404, 429]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "viewer@example.com", "user_id": 1},
        {"user_id": "x"},
        {"user_id": 2**63},
        {"user_id": 0},
        {"email": 5},
        {"email": "outsider@example.com", "role": "admin"},
        {"email": "outsider@example.com", "role": ["owner"]},
    ],
)
def test_broken_body_is_400(team, body):
    assert team.call("owner").post(team.members_url, body).status_code == 400
    assert team.project.memberships.count() == 3


def test_owner_changes_a_role(team):
    changed = team.call("owner").patch(team.member_url("viewer"), {"role": "maintainer"})

    assert changed.status_code == 200
    assert changed.json()["role"] == "maintainer"
    assert team.membership("viewer").role == "maintainer"


@pytest.mark.parametrize("name", ["viewer", "maintainer"])
def test_members_cannot_raise_their_own_role(team, name):
    response = team.call(name).patch(team.member_url(name), {"role": "owner"})

    assert response.status_code == 403
    assert team.membership(name).role == name


def test_role_of_the_target_is_ignored(team):
    refused = team.call("maintainer").delete(team.member_url("viewer"))
    on_owner = team.call("maintainer").patch(team.member_url("owner"), {"role": "viewer"})

    assert (refused.status_code, on_owner.status_code) == (403, 403)
    assert team.project.memberships.count() == 3
    assert team.call("owner").delete(team.member_url("viewer")).status_code == 204


@pytest.mark.parametrize("name", ["viewer", "maintainer"])
def test_member_may_leave(team, name):
    assert team.call(name).delete(team.member_url(name)).status_code == 204
    assert team.call(name).get(team.url).status_code == 404


def test_last_owner_stays_owner(team):
    demoted = team.call("owner").patch(team.member_url("owner"), {"role": "viewer"})
    left = team.call("owner").delete(team.member_url("owner"))

    assert (demoted.status_code, left.status_code) == (409, 409)
    assert team.membership("owner").role == "owner"


def test_one_of_two_owners_may_leave(team):
    team.call("owner").patch(team.member_url("viewer"), {"role": "owner"})

    assert team.call("owner").delete(team.member_url("owner")).status_code == 204
    assert team.call("viewer").get(team.url).json()["owner"] == team.viewer.pk


def test_membership_of_another_project_is_404(team):
    foreign = Membership.objects.get(project=team.theirs)
    url = f"{team.members_url}{foreign.pk}/"

    assert team.call("owner").get(url).status_code == 404
    assert team.call("owner").patch(url, {"role": "viewer"}).status_code == 404
    assert team.call("owner").delete(url).status_code == 404
    assert team.call("owner").get(team.member_url("viewer")).status_code == 200
