import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from rest_framework.test import APIClient

PASSWORD = "correct horse 9"


@pytest.fixture
def api():
    return APIClient()


@pytest.fixture
def without_mail(settings):
    """Disable mail, so that registration creates the account immediately."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"


@pytest.fixture
def sign_in(api, make_user):
    """Create an account and sign in; return an authenticated client and the token pair."""

    def make(email: str = "ann@example.com", **fields) -> tuple[APIClient, dict[str, str]]:
        make_user(email, PASSWORD, **fields)
        pair = api.post("/api/auth/login/", {"email": email, "password": PASSWORD}).json()
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
        return client, pair

    return make


@pytest.fixture
def at_once():
    """Call a function from `count` threads that start together; return the results."""

    def run(count: int, call) -> list:
        gate = threading.Barrier(count)

        def work(number: int):
            try:
                gate.wait()
                return call(number)
            finally:
                connection.close()

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(work, range(count)))

    return run
