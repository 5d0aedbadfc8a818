import pytest

from projects.services import create_project


@pytest.fixture
def admin(client, make_user):
    client.force_login(make_user("admin@example.com", role="admin"))
    return client


@pytest.mark.parametrize("name", ["project", "membership"])
def test_list_costs_the_same_for_many(admin, team, name, django_assert_max_num_queries):
    url = f"/admin/projects/{name}/"
    with django_assert_max_num_queries(10) as few:
        assert admin.get(url).status_code == 200
    for number in range(8):
        create_project(owner=team.owner, name=f"P{number}")

    with django_assert_max_num_queries(len(few)):
        assert admin.get(url).status_code == 200


def test_admin_cannot_create_or_delete_projects(admin, team):
    assert admin.get("/admin/projects/project/add/").status_code == 403
    assert admin.post(f"/admin/projects/project/{team.project.pk}/delete/").status_code == 403
    assert admin.get(f"/admin/projects/project/{team.project.pk}/change/").status_code == 200
