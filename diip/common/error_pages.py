"""Django's last resort for errors that no view handled. Under /api/ they become problems."""

import sys

from django.http import HttpRequest, HttpResponse

from diip.common.problem_details import DATABASE_DOWN, problem_for


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: the same few words for all, 503 where it is the database that is down."""
    problem = problem_for(503 if isinstance(sys.exc_info()[1], DATABASE_DOWN) else 500)
    response = HttpResponse(problem.detail, status=problem.status, content_type="text/plain")
    if problem.retry_after:
        response["Retry-After"] = str(problem.retry_after)
    return response
