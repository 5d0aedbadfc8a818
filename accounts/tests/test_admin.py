import pytest
from django.utils import timezone

from accounts.models import User
from accounts.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"


@pytest.fixture
def admin_page(client, make_user):
    client.force_login(make_user("root@example.com", role="admin"))
    return client


def enter(client, password, name="root@example.com"):
    return client.post(LOGIN, {"username": name, "password": password, "next": "/admin/"})


def test_admin_signs_in_by_any_spelling(client, make_user):
    make_user("root@example.com", PASSWORD, role="admin")

    assert enter(client, PASSWORD, " ROOT@example.com")["Location"] == "/admin/"


def test_developer_does_not_get_in(client, make_user):
    make_user()

    assert enter(client, PASSWORD, "ann@example.com").status_code == 200
    assert client.get("/admin/").status_code == 302


def test_admin_login_shares_the_count_of_the_api(client, api, make_user):
    make_user("root@example.com", PASSWORD, role="admin")
    wrong = {"email": "root@example.com", "password": "wrong"}
    api_statuses = [api.post("/api/token/", wrong).status_code for _ in range(6)]
    page_statuses = [enter(client, "wrong").status_code for _ in range(4)]

    refused = enter(client, PASSWORD)

    assert api_statuses == [401] * 6
    assert page_statuses == [200] * 4
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0


@pytest.mark.parametrize("path", ["", "add/", "{pk}/change/", "{pk}/password/"])
def test_pages_show_no_hash(admin_page, path):
    user = User.objects.get()

    page = admin_page.get("/admin/accounts/user/" + path.format(pk=user.pk))

    assert page.status_code == 200
    assert user.password.rsplit("$", 1)[1] not in page.content.decode()


def test_admin_creates_and_changes_accounts(admin_page):
    made = {"email": "Bob@Example.com", "username": "Bob", "role": "developer"}
    secret = {"password1": PASSWORD, "password2": PASSWORD}

    admin_page.post("/admin/accounts/user/add/", {**made, **secret})
    bob = User.objects.get(email="bob@example.com")
    changed = {**made, "role": "admin", "is_active": "on"}
    admin_page.post(f"/admin/accounts/user/{bob.pk}/change/", changed)

    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)
    assert bob.role == "admin"


def test_taken_names_are_form_errors(admin_page, make_user):
    make_user("bob@example.com", username="Bob")
    form = {"role": "developer", "password1": PASSWORD, "password2": PASSWORD}

    page = admin_page.post(
        "/admin/accounts/user/add/", {**form, "email": "BOB@example.com", "username": "bob"}
    )

    assert page.status_code == 200
    assert set(page.context["adminform"].form.errors) >= {"email"}


def test_logging_in_needs_the_csrf_token(make_user):
    from django.test import Client

    make_user("root@example.com", PASSWORD, role="admin")

    assert enter(Client(enforce_csrf_checks=True), PASSWORD).status_code == 403


def test_changed_address_is_not_confirmed(admin_page, make_user):
    bob = make_user("bob@example.com", email_confirmed_at=timezone.now())
    same = {"email": "bob@example.com", "username": "Bob", "role": "developer", "is_active": "on"}

    admin_page.post(f"/admin/accounts/user/{bob.pk}/change/", same)
    bob.refresh_from_db()
    kept = bob.email_confirmed_at
    admin_page.post(f"/admin/accounts/user/{bob.pk}/change/", {**same, "email": "b@example.com"})
    bob.refresh_from_db()

    assert kept
    assert (str(bob.email), bob.email_confirmed_at) == ("b@example.com", None)
