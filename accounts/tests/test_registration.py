import pytest

from accounts.models import User
from accounts.tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_mail")]
URL = "/api/auth/register/"


def register(api, email="ann@example.com", **fields):
    return api.post(URL, {"email": email, "password": PASSWORD, **fields})


def test_registers_a_developer(api):
    answer = register(api, "Ann@Example.com", username="Ann")

    user = User.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "id": user.pk,
        "email": "ann@example.com",
        "username": "Ann",
        "role": "developer",
    }
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("claim", [{"role": "admin"}, {"is_staff": True}, {"is_superuser": True}])
def test_role_cannot_be_chosen(api, claim):
    assert register(api, **claim).json()["role"] == "developer"
    assert not User.objects.get().is_staff


@pytest.mark.parametrize(
    "spelling", ["ANN@EXAMPLE.COM", " ann@example.com ", "ann@Ex\uff41mple.com"]
)
def test_address_is_taken_in_any_spelling(api, spelling):
    register(api)

    answer = register(api, spelling)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "email"
    assert User.objects.count() == 1


@pytest.mark.parametrize("spelling", ["ann", "ANN", " Ann ", "\uff21nn"])
def test_username_is_taken_in_any_spelling(api, spelling):
    register(api, username="Ann")

    answer = register(api, "bob@example.com", username=spelling)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "username"


def test_many_accounts_can_lack_a_username(api):
    assert register(api, username=None).json()["username"] is None
    assert register(api, "bob@example.com", username="").json()["username"] is None
    assert register(api, "eve@example.com").json()["username"] is None


@pytest.mark.parametrize("name", ["ann@example.com", "a b", "\u0430nn", "-ann", "x" * 151])
def test_misleading_username_is_refused(api, name):
    answer = register(api, username=name)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "username"


@pytest.mark.parametrize(
    "email", ["", "ann", "ann@", "@example.com", "a b@example.com", "x" * 250 + "@e.org"]
)
def test_invalid_address_is_refused(api, email):
    answer = register(api, email)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "email"


@pytest.mark.parametrize("password", ["", "short", "12345678901", "password123", "ann@example.com"])
def test_weak_password_is_refused(api, password):
    answer = register(api, password=password)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "password"
    assert not User.objects.exists()


def test_registrations_are_limited_by_address(api, settings):
    limit, window = 2, settings.DIIP_ATTEMPT_LIMITS["registration_by_address"][1]
    settings.DIIP_ATTEMPT_LIMITS = {"registration_by_address": (limit, window)}

    statuses = [register(api, f"ann{number}@example.com").status_code for number in range(3)]

    assert statuses == [201, 201, 429]
