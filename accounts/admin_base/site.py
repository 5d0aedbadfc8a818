"""Themed Django admin; its sign-in shares the attempt limits of the API."""

from typing import TYPE_CHECKING

from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts import audit, services
from accounts.models import User
from accounts.sign_in import known_browsers
from diip.common.errors import TooManyRequests, Unauthenticated
from diip.common.http_api.client_address import client_address

if TYPE_CHECKING:  # the theme has no types; its classes derive from the admin's
    from django.contrib.admin import AdminSite as ThemedSite

    ThemedLoginForm = AdminAuthenticationForm
else:
    from unfold.forms import AuthenticationForm as ThemedLoginForm
    from unfold.sites import UnfoldAdminSite as ThemedSite


class CountedLoginForm(ThemedLoginForm):
    request: HttpRequest

    def clean(self) -> dict[str, object]:
        login, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if login and password:
            self.user_cache = self._authenticate(login, password)
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data

    def _authenticate(self, login: str, password: str) -> User:
        address = client_address(self.request)
        try:
            known = known_browsers.read(self.request)
            return services.authenticate(
                login=login, password=password, address=address, known=known
            )
        except Unauthenticated as refusal:
            raise self.get_invalid_login_error() from refusal


class CountedAdminSite(ThemedSite):
    index_title = "Overview"
    index_template = "monitoring/admin_index.html"
    login_form = CountedLoginForm

    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        try:
            answer = super().login(request, extra_context)
        except TooManyRequests as refusal:
            return self._too_many_attempts(request, refusal)
        if request.method == "POST" and isinstance(request.user, User):
            known_browsers.remember(request, answer, request.user)
        return answer

    def logout(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> TemplateResponse:
        if isinstance(request.user, User) and request.method == "POST":
            target = f"account {request.user.pk} {request.user.email}"
            audit.record(request.user, audit.AuditRecord("account.signed_out", target))
        return super().logout(request, extra_context)

    def _too_many_attempts(self, request: HttpRequest, refusal: TooManyRequests) -> HttpResponse:
        context = {**self.each_context(request), "title": "Wait", "message": refusal.message}
        answer = TemplateResponse(request, "accounts/too_many_tries.html", context, status=429)
        answer["Retry-After"] = str(refusal.retry_after)
        return answer

    def search(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Disable the theme's menu search.

        It fails on invalid page numbers and stores results in a cache that web processes do
        not share.
        """
        return HttpResponse()
