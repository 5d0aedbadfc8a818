"""Actions of the admin: asked once more where it matters, told row by row, kept in the trail."""

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

MOST_ROWS = 100
"""At once: a web request stays short."""
MOST_SHOWN = 20

Action = Callable[[Any, HttpRequest, Any], HttpResponse | None]


class Done(str):
    """What happened to a row, in words."""

    __slots__ = ()


def actor_of(request: HttpRequest) -> User:
    actor = request.user
    assert isinstance(actor, User)  # noqa: S101 - the admin lets nobody else in
    return actor


def record(request: HttpRequest, name: str, row: Model, **details: object) -> None:
    """`row` in the trail, as acted on by whoever asks."""
    project_id = getattr(row, "project_id", None)
    if project_id is None:
        project_id = getattr(getattr(row, "integration", None), "project_id", None)
    target = f"{row._meta.verbose_name} {row.pk} {row}"
    deed = audit.AuditRecord(name, target, project_id, client_address(request), details)
    audit.record(actor_of(request), deed)


def act_on_each(
    request: HttpRequest, rows: QuerySet[Any], deed: str, work: Callable[[Any], str]
) -> None:
    """`work` on each row, each in a transaction of its own with its line in the trail (no `deed`:
    the work writes its own); a refusal of one, in its own words, stops no other."""
    chosen = list(rows.order_by("pk")[: MOST_ROWS + 1])
    for row in chosen[:MOST_ROWS]:
        try:
            with transaction.atomic():
                if deed:
                    record(request, deed, row)
                said = work(row)
        except DomainError as refusal:
            messages.warning(request, f"{row}: {refusal.message}")
        else:
            messages.success(request, f"{row}: {said}")
    if len(chosen) > MOST_ROWS:
        messages.warning(request, f"Only the first {MOST_ROWS} rows were done. Choose again.")


def confirmed(consequence: str) -> Callable[[Action], Action]:
    """Asks before it acts, saying what follows."""

    def wrap(work: Action) -> Action:
        @wraps(work)
        def ask_first(page: Any, request: HttpRequest, rows: Any) -> HttpResponse | None:
            if request.POST.get("confirmed") == "yes":
                return work(page, request, rows)
            return _ask(page, request, rows, consequence)

        return ask_first

    return wrap


def _ask(page: Any, request: HttpRequest, rows: QuerySet[Any], consequence: str) -> HttpResponse:
    name = request.POST["action"]
    context = {
        **page.admin_site.each_context(request),
        "title": page.get_actions(request)[name][2],
        "opts": page.model._meta,
        "action_name": name,
        "across": request.POST.get("select_across", "0"),
        "consequence": consequence,
        "rows": rows[:MOST_SHOWN],
        "selected": request.POST.getlist("_selected_action"),
    }
    return TemplateResponse(request, "accounts/confirm_action.html", context)
