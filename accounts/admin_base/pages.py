"""Base admin pages: themed, audited and read-only."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property

from accounts.admin_base.admin_actions import record

if TYPE_CHECKING:  # the theme has no types; its classes derive from the admin's
    from django.contrib.admin import ModelAdmin as ThemedBase
    from django.contrib.admin import TabularInline as ThemedTabularInline
    from django.contrib.admin.views.main import ChangeList as ThemedChangeList
else:
    from unfold.admin import ModelAdmin as ThemedBase
    from unfold.admin import TabularInline as ThemedTabularInline
    from unfold.views import ChangeList as ThemedChangeList

__all__ = ["AuditedAdmin", "BoundedPaginator", "FactsAdmin", "FactsInline", "ThemedAdmin"]

MAX_COUNTED = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg] # generic for type checkers only
    """Paginator that stops counting at MAX_COUNTED, to spare scans of large tables."""

    template_name = "accounts/bounded_pagination.html"

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment] # the admin's are
        return rows.order_by()[: MAX_COUNTED + 1].count()

    @property
    def is_cut(self) -> bool:
        return self.count > MAX_COUNTED


class BoundedList(ThemedChangeList):
    def get_results(self, request: HttpRequest) -> None:
        """Set the full count; without one the theme reports a mismatch."""
        super().get_results(request)
        self.full_result_count = self.result_count


class ThemedAdmin(ThemedBase):  # type: ignore[type-arg]
    """Themed admin, newest first, with the row's actions above its page."""

    ordering = ("-id",)
    show_full_result_count = False
    list_per_page = 50
    show_facets = ShowFacets.NEVER  # facets count the whole table once per filter choice
    paginator = BoundedPaginator
    change_form_outer_before_template = "accounts/row_actions.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedList]:
        return BoundedList

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context.get("original")
        actions: dict[str, Any] = self.get_actions(request) or {}
        if row is not None and actions:
            name = f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist"
            context["row_actions"] = [
                (name, description)
                for name, (_, _, description) in actions.items()
                if name != "delete_selected"
            ]
            context["row_actions_url"] = reverse(name)
        return super().render_change_form(request, context, *args, **kwargs)


class AuditedAdmin(ThemedAdmin):
    """Admin of rows that operators edit; each change adds an audit record."""

    audited_as = ""
    """Prefix of the action name: `member` of `member.added`."""
    audited_columns: tuple[str, ...] = ()
    """Columns recorded with their current values. Never name a secret."""
    audited_verbs = {"add": "added", "change": "changed", "delete": "removed"}

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        fields = [name for name in form.changed_data if "password" not in name]
        self._audit(request, obj, "change" if change else "add", fields=fields)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self._audit(request, obj, "delete")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        for row in queryset:
            self.delete_model(request, row)

    def _audit(self, request: HttpRequest, row: Model, verb: str, **details: object) -> None:
        values = {name: str(getattr(row, name)) for name in self.audited_columns}
        action_name = f"{self.audited_as}.{self.audited_verbs[verb]}"
        record(request, action_name, row, **values, **details)


class _ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class FactsAdmin(_ReadOnly, ThemedAdmin):
    """Read-only admin of rows that record events. Operators change them only through actions,
    which call services."""


class FactsInline(_ReadOnly, ThemedTabularInline):  # type: ignore[type-arg]
    """Read-only inline of related rows."""

    extra = 0
    show_change_link = True
