"""Endpoints `/tasks/…`: JSON for an admin token, a live page for an admin session."""

from typing import Any
from uuid import UUID

import msgspec
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views import View
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.parsers import FormParser
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import TokenAuthentication
from accounts.models import User
from diip.common.errors import DomainError
from diip.common.http_api.client_address import client_address
from diip.common.http_api.parsers import GuardedJSONParser
from monitoring.task_control import actions, snapshot
from monitoring.task_control.actions import Actor


def wants_page(request: HttpRequest) -> bool:
    """Return True for a browser; a request with a token is always a program."""
    return "Authorization" not in request.headers and "text/html" in request.headers.get(
        "Accept", ""
    )


def redirect_to_sign_in() -> HttpResponseRedirect:
    query = urlencode({"next": reverse("tasks-dashboard")})
    return HttpResponseRedirect(f"{reverse('admin:login')}?{query}")


class AdminsAPIView(APIView):
    """Base view for an admin token, or an admin session with its CSRF token."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (IsAdminUser,)
    parser_classes = (FormParser, GuardedJSONParser)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:  # noqa: FBT001
        """Negotiate JSON for every client: browser forms get a redirect anyway."""
        return super().perform_content_negotiation(request, force=True)


@extend_schema(exclude=True)
class DashboardData(AdminsAPIView):
    def get(self, request: Request) -> Response:
        return Response(msgspec.to_builtins(snapshot.take()))


@method_decorator(never_cache, name="dispatch")
class DashboardView(View):
    """Dashboard page; JSON for programs."""

    http_method_names = ("get", "head", "options")
    template = "monitoring/tasks.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not wants_page(request):
            return DashboardData.as_view()(request)
        if not admin.site.has_permission(request):
            return redirect_to_sign_in()
        return TemplateResponse(request, self.template, self._context(request))

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **admin.site.each_context(request),
            "title": "Tasks",
            "is_fullwidth": "1",
            "now": snapshot.take(),
        }


class LiveView(DashboardView):
    """Live part of the page, which its script replaces."""

    template = "monitoring/tasks_live.html"

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {"now": snapshot.take()}


class ActionView(AdminsAPIView):
    """One action; a form is redirected to the page, which shows the result."""

    def act(self, actor: Actor, **target: Any) -> str:
        raise NotImplementedError

    @extend_schema(exclude=True)
    def post(self, request: Request, **target: Any) -> HttpResponseBase:
        user = request.user
        assert isinstance(user, User)  # noqa: S101 - ensured by the permission
        done = self.act(Actor(user, client_address(request)), **target)
        if wants_page(request):
            messages.success(request, done)
            return redirect("tasks-dashboard")
        return Response({"done": done})

    def handle_exception(self, exc: Exception) -> Any:
        if not wants_page(self.request):
            return super().handle_exception(exc)
        if isinstance(exc, NotAuthenticated):
            return redirect_to_sign_in()
        if isinstance(exc, PermissionDenied):
            messages.error(self.request, "No change made: the page was out of date. Try again.")
            return redirect_to_sign_in()
        if isinstance(exc, DomainError):
            messages.error(self.request, exc.message)
            return redirect("tasks-dashboard")
        return super().handle_exception(exc)


class RetryTaskView(ActionView):
    def act(self, actor: Actor, *, task_id: UUID) -> str:  # type: ignore[override]
        return actions.retry_task(actor, task_id)


class CancelTaskView(ActionView):
    def act(self, actor: Actor, *, task_id: UUID) -> str:  # type: ignore[override]
        return actions.cancel_task(actor, task_id)


class RetryRunView(ActionView):
    def act(self, actor: Actor, *, run_id: int) -> str:  # type: ignore[override]
        return actions.retry_run(actor, run_id)


class CancelRunView(ActionView):
    def act(self, actor: Actor, *, run_id: int) -> str:  # type: ignore[override]
        return actions.cancel_run(actor, run_id)
