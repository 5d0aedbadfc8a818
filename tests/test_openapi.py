"""The API keeps what its OpenAPI document promises, for input that nobody would think of."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks

from diip.wsgi import application
from tests.test_documented_rows import connect, one_connection, platform, team, tracker

__all__ = ["connect", "one_connection", "platform", "team", "tracker"]

load_all_checks()
PROMISES = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    )
]
schema = schemathesis.openapi.from_wsgi("/api/schema/", application)


@pytest.mark.openapi
@schema.parametrize()
@settings(
    max_examples=1,  # `make fuzz` takes 24 an operation, on both databases
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_answers_as_documented(case, platform):
    ids = {name: value for name, value in platform.items() if name in case.path_parameters}
    case.path_parameters = {**case.path_parameters, **ids}

    case.call_and_validate(
        checks=PROMISES, headers={"Authorization": f"Bearer {platform['token']}"}
    )
