import pytest
from rest_framework.test import APIClient


@pytest.fixture
def api():
    return APIClient()


@pytest.fixture
def known_api(make_user):
    """Return a signed-in client, for refusals after the token check."""
    client = APIClient()
    client.force_authenticate(make_user())
    return client
