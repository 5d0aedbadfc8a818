import pytest

from accounts.admin import ABOUT_DELETING
from accounts.models import RefreshFamily, User
from accounts.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
ME = "/api/auth/me/"
CHANGE = "/api/auth/password/"
NEW = "another horse 8"


def test_me_returns_own_account(sign_in):
    client, _ = sign_in(username="Ann")

    assert client.get(ME).json() == {
        "id": User.objects.get().pk,
        "email": "ann@example.com",
        "username": "Ann",
        "role": "developer",
    }


def test_account_cannot_be_deleted_as_the_admin_says(sign_in):
    client, _ = sign_in()

    assert client.delete(ME).status_code == 405
    assert "neither here nor over the API" in ABOUT_DELETING
    assert User.objects.exists()


def test_me_needs_authentication(api):
    answer = api.get(ME)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_username_can_be_changed_and_removed(sign_in):
    client, _ = sign_in()

    assert client.patch(ME, {"username": "Annie"}).json()["username"] == "Annie"
    assert client.patch(ME, {}).json()["username"] == "Annie"
    assert client.patch(ME, {"username": None}).json()["username"] is None


def test_username_of_another_account_is_refused(sign_in, make_user):
    client, _ = sign_in()
    make_user("bob@example.com", username="Bob")

    answer = client.patch(ME, {"username": "BOB"})

    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": "username", "message": "This username is taken."}]


def test_role_and_address_cannot_be_changed(sign_in):
    client, _ = sign_in()

    answer = client.patch(ME, {"role": "admin", "email": "x@example.com", "is_superuser": True})

    assert answer.json()["role"] == "developer"
    assert answer.json()["email"] == "ann@example.com"


def test_new_password_ends_every_other_sign_in(sign_in, api):
    client, pair = sign_in()

    answer = client.post(CHANGE, {"old_password": PASSWORD, "new_password": NEW})

    assert answer.status_code == 200
    assert client.get(ME).status_code == 401
    assert api.post("/api/auth/refresh/", pair).status_code == 401
    assert api.post("/api/auth/refresh/", answer.json()).status_code == 200
    assert RefreshFamily.objects.count() == 1
    assert User.objects.get().check_password(NEW)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"old_password": "wrong", "new_password": NEW}, "old_password"),
        ({"old_password": PASSWORD, "new_password": "short"}, "new_password"),
        ({"old_password": PASSWORD}, "new_password"),
    ],
)
def test_refused_change_keeps_the_password(sign_in, body, field):
    client, _ = sign_in()

    answer = client.post(CHANGE, body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field
    assert client.get(ME).status_code == 200


def test_stolen_token_cannot_guess_the_password(sign_in):
    client, _ = sign_in()
    body = {"old_password": "wrong", "new_password": NEW}

    statuses = [client.post(CHANGE, body).status_code for _ in range(11)]

    assert statuses == [400] * 10 + [429]
