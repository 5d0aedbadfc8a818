"""The pages that links in mails lead to. Opening one changes nothing: mail programs do that."""

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
    """Whether there is something to press."""
    button: str = ""
    """Else the page's own."""
    answer: str = "yes"
    """What pressing it says."""


@method_decorator(csrf_exempt, name="dispatch")
class MailPage(View):
    """A link, a question, a button. Who has the link may press it: it needs no session, and so no
    guard against forged forms."""

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
            told = self.act(request, link) if is_pressed else self.ask(request, link)
        except DomainError as refusal:
            is_mistyped = getattr(refusal, "field", "") == "password"
            told = Told(refusal.message, asks=is_mistyped)
            return self._show(request, link, told, refusal.status)
        return self._show(request, link, told, 200)

    def _show(self, request: HttpRequest, link: str, told: Told, status: int) -> HttpResponse:
        context = {
            "title": self.title,
            "says": told.says,
            "asks": told.asks,
            "button": told.button or self.button,
            "answer": told.answer,
            "link": link,
            "wants_password": self.wants_password,
        }
        page = render(request, "accounts/mail_page.html", context, status=status)
        page["Referrer-Policy"] = "no-referrer"  # the address holds a signature
        return page


class RefusePage(MailPage):
    """Where an address says that it wants no mail from here, or takes that back."""

    title = "Mails from DIIP"
    button = "Never mail me again"
    refused = Told(
        "Nothing is mailed to your address from here any more.",
        asks=True,
        button="Allow mails again",
        answer="allow",
    )

    def ask(self, request: HttpRequest, link: str) -> Told:
        if mailing.has_refused(mailing.read_refusal(link)):
            return self.refused
        return Told("Shall nothing be mailed to your address from here any more?", asks=True)

    def act(self, request: HttpRequest, link: str) -> Told:
        is_allowed = request.POST.get("answer") == "allow"
        mailing.set_refused(mailing.read_refusal(link), is_refused=not is_allowed)
        return Told("Mails to your address are allowed again.") if is_allowed else self.refused


class AccountPage(MailPage):
    """Where who registered shows that the address is theirs."""

    title = "Your account"
    button = "Confirm the address"
    wants_password = True

    def ask(self, request: HttpRequest, link: str) -> Told:
        pending = registration.read_link(link)
        return Told(f"An account for {pending.email} was asked for. Is it yours?", asks=True)

    def act(self, request: HttpRequest, link: str) -> Told:
        password = request.POST.get("password", "")[:1024]
        registration.confirm(link, password, address=client_address(request))
        return Told("Your account is ready. Sign in with your address and your password.")
