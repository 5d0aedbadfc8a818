"""Admin actions: confirmation page, one message per row, one audit record per row."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts import audit
from accounts.models import User
from diip.common.errors import DomainError
from diip.common.http_api.client_address import client_address

if TYPE_CHECKING:
    from django.contrib.admin import action
else:
    from unfold.decorators import action

__all__ = ["Done", "act_on_each", "action", "actor_of", "confirmed", "record"]

MAX_ROWS = 100
"""Rows per request, so that a web request stays short."""
MAX_LISTED = 20

Action = Callable[[Any, HttpRequest, Any], HttpResponse | None]


class Done(str):
    """Message about the outcome for one row."""

    __slots__ = ()


def actor_of(request: HttpRequest) -> User:
    actor = request.user
    assert isinstance(actor, User)  # noqa: S101 - the admin admits only users
    return actor


def record(request: HttpRequest, name: str, row: Model, **details: object) -> None:
    """Add an audit record about `row`, with the request's user as actor."""
    project_id = getattr(row, "project_id", None)
    if project_id is None:
        project_id = getattr(getattr(row, "integration", None), "project_id", None)
    target = f"{row._meta.verbose_name} {row.pk} {row}"
    entry = audit.AuditRecord(name, target, project_id, client_address(request), details)
    audit.record(actor_of(request), entry)


def act_on_each(
    request: HttpRequest, rows: QuerySet[Any], action_name: str, work: Callable[[Any], str]
) -> None:
    """Run `work` on each row, each in its own transaction with an audit record.

    With an empty `action_name`, `work` writes the record itself. A DomainError becomes a
    warning; the other rows continue.
    """
    chosen = list(rows.order_by("pk")[: MAX_ROWS + 1])
    for row in chosen[:MAX_ROWS]:
        try:
            with transaction.atomic():
                if action_name:
                    record(request, action_name, row)
                outcome = work(row)
        except DomainError as refusal:
            messages.warning(request, f"{row}: {refusal.message}")
        else:
            messages.success(request, f"{row}: {outcome}")
    if len(chosen) > MAX_ROWS:
        messages.warning(
            request, f"Only the first {MAX_ROWS} rows were processed. Select the others again."
        )


def confirmed(consequence: str) -> Callable[[Action], Action]:
    """Decorate an action to show `consequence` and ask for confirmation first."""

    def wrap(work: Action) -> Action:
        @wraps(work)
        def ask_first(page: Any, request: HttpRequest, rows: Any) -> HttpResponse | None:
            if request.POST.get("confirmed") == "yes":
                return work(page, request, rows)
            return _confirmation_page(page, request, rows, consequence)

        return ask_first

    return wrap


def _confirmation_page(
    page: Any, request: HttpRequest, rows: QuerySet[Any], consequence: str
) -> HttpResponse:
    name = request.POST["action"]
    context = {
        **page.admin_site.each_context(request),
        "title": page.get_actions(request)[name][2],
        "opts": page.model._meta,
        "action_name": name,
        "across": request.POST.get("select_across", "0"),
        "consequence": consequence,
        "rows": rows[:MAX_LISTED],
        "selected": request.POST.getlist("_selected_action"),
    }
    return TemplateResponse(request, "accounts/confirm_action.html", context)
