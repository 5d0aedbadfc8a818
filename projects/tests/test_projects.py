import pytest
from django.utils import timezone

from projects.models import Membership, Project
from projects.services import create_project, mark_synced


def test_creator_owns_the_project(team):
    made = team.call("outsider").post("/api/projects/", {"name": "  New  "})

    assert made.status_code == 201
    assert set(made.json()) == {
        "id", "name", "repo_identifier", "time_zone", "working_hours", "owner", "role",
        "last_synced_at", "created_at",
    }  # fmt: skip
    assert made.json()["name"] == "New"
    assert made.json()["owner"] == team.outsider.pk
    assert made.json()["role"] == "owner"


@pytest.mark.parametrize("name", ["", "   ", None, 7, [], "x" * 201, "a\0b"])
def test_invalid_project_name_is_refused(team, name):
    response = team.call("owner").post("/api/projects/", {"name": name})

    assert response.status_code == 400
    assert Project.objects.count() == 2


def test_list_holds_my_projects_with_my_role(team):
    listed = team.call("viewer").get("/api/projects/").json()["results"]

    assert [(row["name"], row["role"], row["owner"]) for row in listed] == [
        ("Ours", "viewer", team.owner.pk)
    ]


def test_platform_admin_sees_all_as_owner(team, make_user):
    team.admin = make_user("admin@example.com", role="admin")

    listed = team.call("admin").get("/api/projects/").json()["results"]

    assert [(row["name"], row["role"]) for row in listed] == [
        ("Ours", "owner"),
        ("Theirs", "owner"),
    ]


def test_list_costs_the_same_for_many(team, django_assert_num_queries):
    for number in range(20):
        create_project(owner=team.owner, name=f"P{number}")

    with django_assert_num_queries(2):
        assert len(team.call("owner").get("/api/projects/").json()["results"]) == 21


def test_scoped_request_costs_one_query_for_project_and_role(team, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert team.call("viewer").get(team.url).json()["role"] == "viewer"


def test_outsider_gets_404_and_the_member_the_project(team):
    refused = team.call("outsider").get(team.url)
    unknown = team.call("outsider").get("/api/projects/987654321/")

    assert team.call("viewer").get(team.url).status_code == 200
    assert refused.status_code == unknown.status_code == 404
    assert refused.json() == unknown.json()


def test_id_beyond_any_column_is_404(team):
    assert team.call("owner").get(f"/api/projects/{10**30}/").status_code == 404


def test_patch_changes_only_what_is_named(team):
    mark_synced(project_id=team.project.pk, at=timezone.now())

    changed = team.call("maintainer").patch(
        team.url, {"name": "Newer", "owner": 1, "role": "owner", "last_synced_at": None}
    )

    assert changed.status_code == 200
    assert changed.json()["name"] == "Newer"
    assert changed.json()["role"] == "maintainer"
    assert Project.objects.get(pk=team.project.pk).last_synced_at


def test_removed_project_is_hidden_from_all(team):
    assert team.call("maintainer").delete(team.url).status_code == 403
    assert team.call("owner").delete(team.url).status_code == 204

    assert team.call("owner").get(team.url).status_code == 404
    assert team.call("owner").get("/api/projects/").json()["results"] == []
    assert Membership.objects.filter(project=team.theirs).exists()


def test_put_is_not_allowed(team):
    assert team.call("owner").put(team.url, {"name": "x"}).status_code == 405


def test_newest_sync_time_stays(team):
    late = timezone.now()

    mark_synced(project_id=team.project.pk, at=late)
    mark_synced(project_id=team.project.pk, at=late - timezone.timedelta(hours=1))

    team.project.refresh_from_db()
    assert team.project.last_synced_at == late


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("octo/hello", "octo/hello"),
        ("  octo/hello.world-2_x ", "octo/hello.world-2_x"),
        ("octo_acme/.github", "octo_acme/.github"),
        ("https://github.com/octo/hello", "octo/hello"),
        ("https://github.com/octo/hello.git", "octo/hello"),
        ("https://www.github.com/octo/hello/issues/4?q=a#b", "octo/hello"),
        ("https://github.example.com/octo/hello/", "octo/hello"),
        ("https://acme.ghe.com/octo/hello", "octo/hello"),
        ("git@github.com:octo/hello.git", "octo/hello"),
        ("ssh://git@github.com/octo/hello.git", "octo/hello"),
        ("", ""),
    ],
)
def test_repository_is_reduced_to_owner_and_name(team, typed, stored):
    response = team.call("owner").patch(team.url, {"repo_identifier": typed})

    assert response.status_code == 200
    assert response.json()["repo_identifier"] == stored


@pytest.mark.parametrize(
    "typed",
    [
        "octo", "octo/", "/hello", "octo/..", "../hello", "octo/.", "octo/a/b", "octo//hello",
        "octo/hello?x=1", "octo/hello#x", "octo/he%2Fllo", "octo/hello world", "octo/hello\n",
        "-octo/hello", "öcto/hello", "octo/" + "x" * 101, "o" * 40 + "/hello", "octo\\hello",
        "https://github.com/", "https://github.com/octo", "https://gitlab.com/octo/hello",
        "ftp://github.com/octo/hello", "https://[github.com/octo/hello", "https://github.com/../a",
        "https://evil.com/github.com/octo", "https://notgithub.com/octo/hello", "git@:octo/hello",
        "javascript:octo/hello", 4, {"a": 1}, "octo/he\0llo",
    ],
)  # fmt: skip
def test_invalid_repository_is_refused_with_an_example(team, typed):
    if typed == "octo/hello\n":
        typed = "octo/hel\nlo"  # blanks around are trimmed, inside they are not

    response = team.call("owner").patch(team.url, {"repo_identifier": typed})

    assert response.status_code == 400
    assert "repo_identifier" in response.json()["detail"]
    assert Project.objects.get(pk=team.project.pk).repo_identifier == ""
