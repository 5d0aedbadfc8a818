import pytest
from rest_framework.test import APIClient


@pytest.fixture
def api():
    return APIClient()


@pytest.fixture
def known_api(make_user):
    """A client that is signed in, for refusals that come after the token."""
    client = APIClient()
    client.force_authenticate(make_user())
    return client
