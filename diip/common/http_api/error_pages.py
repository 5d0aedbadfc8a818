"""Django's last resort for errors that no view handled. Under /api/ they become problems."""

import sys

from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse

from diip.common.http_api.problem_details import problem_for, to_problem


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: the same few words for all, 503 where it is the database that is down."""
    error = sys.exc_info()[1]
    known = to_problem(error) if isinstance(error, DatabaseFault) else None
    problem = known or problem_for(500)
    response = HttpResponse(problem.detail, status=problem.status, content_type="text/plain")
    if problem.retry_after:
        response["Retry-After"] = str(problem.retry_after)
    return response
