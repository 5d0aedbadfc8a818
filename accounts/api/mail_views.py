"""Pages behind links in mails. GET changes nothing, because mail programs open links."""

from dataclasses import dataclass
from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from accounts import mailing, registration
from diip.common.errors import DomainError
from diip.common.http_api.client_address import client_address


@dataclass(frozen=True)
class Told:
    says: str
    asks: bool = False
    """Show the button."""
    button: str = ""
    """Button label; empty for the page's default."""
    answer: str = "yes"
    """Value that the button sends."""


@method_decorator(csrf_exempt, name="dispatch")
class MailPage(View):
    """Page with a question and a button. The signed link is the authorisation: no session, so
    no CSRF check."""

    title: ClassVar[str]
    button: ClassVar[str]
    wants_password: ClassVar[bool] = False

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request, request.GET.get("link", ""), is_pressed=False)

    def post(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request, request.POST.get("link", ""), is_pressed=True)

    def ask(self, request: HttpRequest, link: str) -> Told:
        raise NotImplementedError

    def act(self, request: HttpRequest, link: str) -> Told:
        raise NotImplementedError

    def _answer(self, request: HttpRequest, link: str, *, is_pressed: bool) -> HttpResponse:
        try:
            content = self.act(request, link) if is_pressed else self.ask(request, link)
        except DomainError as refusal:
            is_mistyped = getattr(refusal, "field", "") == "password"
            content = Told(refusal.message, asks=is_mistyped)
            return self._show(request, link, content, refusal.status)
        return self._show(request, link, content, 200)

    def _show(self, request: HttpRequest, link: str, content: Told, status: int) -> HttpResponse:
        context = {
            "title": self.title,
            "says": content.says,
            "asks": content.asks,
            "button": content.button or self.button,
            "answer": content.answer,
            "link": link,
            "wants_password": self.wants_password,
        }
        page = render(request, "accounts/mail_page.html", context, status=status)
        page["Referrer-Policy"] = "no-referrer"  # the URL holds a signature
        return page


class RefusePage(MailPage):
    """Page to refuse or allow mails to one address."""

    title = "Mails from DIIP"
    button = "Stop all mails"
    refused = Told(
        "DIIP no longer sends mails to your address.",
        asks=True,
        button="Allow mails again",
        answer="allow",
    )

    def ask(self, request: HttpRequest, link: str) -> Told:
        if mailing.has_refused(mailing.read_refusal(link)):
            return self.refused
        return Told("Stop all mails from DIIP to your address?", asks=True)

    def act(self, request: HttpRequest, link: str) -> Told:
        is_allowed = request.POST.get("answer") == "allow"
        mailing.set_refused(mailing.read_refusal(link), is_refused=not is_allowed)
        return Told("Mails to your address are allowed again.") if is_allowed else self.refused


class AccountPage(MailPage):
    """Page to confirm the address of a registration."""

    title = "Your account"
    button = "Confirm the address"
    wants_password = True

    def ask(self, request: HttpRequest, link: str) -> Told:
        pending = registration.read_link(link)
        return Told(f"Confirm the account for {pending.email}?", asks=True)

    def act(self, request: HttpRequest, link: str) -> Told:
        password = request.POST.get("password", "")[:1024]
        registration.confirm(link, password, address=client_address(request))
        return Told("Your account is ready. Sign in with your address and password.")
