"""The Django admin behind the same counters as the API's sign-in."""

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest, HttpResponse

from accounts import services
from accounts.models import User
from diip.common.client_address import client_address
from diip.common.errors import TooManyRequests, Unauthenticated


class CountedLoginForm(AdminAuthenticationForm):
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
            return services.authenticate(login=login, password=password, address=address)
        except Unauthenticated as refusal:
            raise self.get_invalid_login_error() from refusal


class CountedAdminSite(admin.AdminSite):
    site_header = "DIIP"
    site_title = "DIIP"
    login_form = CountedLoginForm

    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        try:
            return super().login(request, extra_context)
        except TooManyRequests as refusal:
            answer = HttpResponse(refusal.message, status=429, content_type="text/plain")
            answer["Retry-After"] = str(refusal.retry_after)
            return answer
