"""Handler for errors that no view handled; under /api/ they become problem documents."""

import sys

from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse

from diip.common.http_api.problem_details import problem_for, to_problem


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the handler500 response: plain text; 503 if the database is down."""
    error = sys.exc_info()[1]
    known = to_problem(error) if isinstance(error, DatabaseFault) else None
    problem = known or problem_for(500)
    response = HttpResponse(problem.detail, status=problem.status, content_type="text/plain")
    if problem.retry_after:
        response["Retry-After"] = str(problem.retry_after)
    return response
