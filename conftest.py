"""Test-wide set-up: no broker, no real secrets file, fast password hashing."""

import gc
import os
import tempfile
from collections.abc import Generator

gc.disable()  # collecting makes only what stays: looking for garbage meanwhile finds none

os.environ.setdefault("DIIP_VAR_DIR", tempfile.mkdtemp(prefix="diip-test-"))
os.environ.setdefault("DIIP_ENV_FILE", "")  # a developer's .env is not for tests

import hypothesis
import pytest
from django.conf import settings as django_settings
from whitenoise.middleware import WhiteNoiseMiddleware

from diip.common.http_api import request_budget
from tests import kinds

# A busy machine is no fault of the code: no example has a time limit, making one neither.
hypothesis.settings.register_profile(
    "diip", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("diip")


def look_for_static_files_once() -> None:
    """Each test client makes the middleware anew, which looks through two hundred files: a third
    of the time of the tests that ask for something over HTTP."""
    look = WhiteNoiseMiddleware.add_files_from_finders
    known: dict[str, dict[str, object]] = {}

    def add_files_from_finders(middleware: WhiteNoiseMiddleware) -> None:
        if middleware.static_prefix not in known:
            others, middleware.files = middleware.files, {}
            look(middleware)
            known[middleware.static_prefix], middleware.files = middleware.files, others
        middleware.files |= known[middleware.static_prefix]

    WhiteNoiseMiddleware.add_files_from_finders = add_files_from_finders


def pytest_configure() -> None:
    look_for_static_files_once()
    django_settings.CELERY_BROKER_URL = "memory://"
    django_settings.DIIP_REQUESTS_PER_MINUTE = 1_000_000
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def no_limits_of_statements():
    """A test that imports the web's entry point makes its whole process a web process."""
    from diip.common.database.limits import Work, work_as

    work_as(Work.COMMAND)


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet() -> None:
    request_budget.forget_all()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    kinds.mark_kinds(items)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    made = yield
    kinds.refuse_late_database(fixturedef.argname, request.node)
    return made


@pytest.fixture
def make_user(db):
    """Make a user: `make_user("ann@example.com")`."""
    from accounts.models import User

    def make(email: str = "ann@example.com", password: str = "correct horse 9", **fields) -> User:
        return User.objects.create_user(email, password, **fields)

    return make
