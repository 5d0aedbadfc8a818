"""Admin pages of accounts. They show no password hashes, tokens or token ids."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import services
from accounts.admin_base.admin_actions import act_on_each, action, actor_of, confirmed, record
from accounts.admin_base.columns import age, as_json, display, label, link_to
from accounts.admin_base.pages import AuditedAdmin, FactsAdmin
from accounts.models import AttemptCounter, AuditEvent, RefreshFamily, User

if TYPE_CHECKING:
    from django.forms import PasswordInput as ThemedPassword

    ThemedPasswordForm = AdminPasswordChangeForm
else:
    from unfold.forms import AdminPasswordChangeForm as ThemedPasswordForm
    from unfold.widgets import UnfoldAdminPasswordWidget as ThemedPassword

# Rights come from the role alone; no code reads groups.
admin.site.unregister(Group)


class AccountCreationForm(BaseUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "username", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name].widget = ThemedPassword()


class AccountForm(ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "username", "role", "is_active")


ABOUT_DELETING = (
    "Accounts cannot be deleted yet, neither here nor over the API. "
    "Deactivate the account instead: its tokens and sessions stop working at once."
)


@admin.register(User)
class AccountAdmin(UserAdmin, AuditedAdmin):  # type: ignore[type-arg]
    audited_as = "account"
    audited_columns = ("role", "is_active")
    audited_verbs = {"add": "made", "change": "changed"}
    form = AccountForm
    add_form = AccountCreationForm
    change_password_form = ThemedPasswordForm
    list_display = ("email", "username", "shown_role", "is_active", "last_seen", "since")
    list_filter = ("role", "is_active")
    search_fields = ("email", "username")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("password_link", "last_login", "created_at")
    fieldsets = (
        (
            None,
            {
                "fields": ("email", "username", "role", "is_active"),
                "description": ABOUT_DELETING,
            },
        ),
        ("Sign-in", {"fields": ("password_link", "last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "username", "role", "password1", "password2")}),)
    actions = ("sign_out", "deactivate", "activate")

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: Any) -> None:
        if isinstance(obj, User) and "email" in form.changed_data:
            obj.email_confirmed_at = None  # the new address is not confirmed yet
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: only higher apps know what to delete with an account."""
        return False

    @display(description="role", ordering="role")
    def shown_role(self, account: User) -> SafeString | str:
        return label(account.role, {"admin": "warning"})

    @display(description="last sign-in", ordering="last_login")
    def last_seen(self, account: User) -> SafeString | str:
        return age(account.last_login)

    @display(description="created", ordering="created_at")
    def since(self, account: User) -> SafeString | str:
        return age(account.created_at)

    @display(description="password")
    def password_link(self, account: User) -> str:
        return format_html('<a href="{}" class="diip-link">Set a new password</a>', "../password/")

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002 - the admin's name for it
        form_url: str = "",
    ) -> HttpResponse:
        answer = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == 302:
            record(request, "account.password_set", User.objects.get(pk=id))
        return answer

    @action(description="Sign out everywhere")
    @confirmed("Their tokens and sessions end immediately.")
    def sign_out(self, request: HttpRequest, rows: "QuerySet[User]") -> None:
        def end(account: User) -> str:
            return f"{services.sign_out_everywhere(user=account)} sign-ins ended."

        act_on_each(request, rows, "account.signed_out_everywhere", end)

    @action(description="Deactivate")
    @confirmed("They can no longer sign in. Their tokens and sessions end immediately.")
    def deactivate(self, request: HttpRequest, rows: "QuerySet[User]") -> None:
        def end(account: User) -> str:
            services.set_active(user=account, actor=actor_of(request), is_active=False)
            return "deactivated."

        act_on_each(request, rows, "account.deactivated", end)

    @action(description="Activate")
    def activate(self, request: HttpRequest, rows: "QuerySet[User]") -> None:
        def begin(account: User) -> str:
            services.set_active(user=account, actor=actor_of(request), is_active=True)
            return "activated."

        act_on_each(request, rows, "account.activated", begin)


class _ListOnlyAdmin(FactsAdmin):
    """Admin list without detail pages, because the row ids are confidential."""

    list_display_links = None
    actions = None

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        raise Http404

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        raise Http404


@admin.register(RefreshFamily)
class RefreshFamilyAdmin(_ListOnlyAdmin):
    """API sign-ins, without the ids of chains and tokens."""

    list_display = ("account", "since", "ends")
    list_select_related = ("user",)
    list_filter = (("expires_at", admin.DateFieldListFilter),)
    search_fields = ("user__email",)
    ordering = ("-expires_at",)

    @display(description="account", ordering="user__email")
    def account(self, family: RefreshFamily) -> SafeString | str:
        return link_to(family.user)

    @display(description="signed in", ordering="created_at")
    def since(self, family: RefreshFamily) -> SafeString | str:
        return age(family.created_at)

    @display(description="expires", ordering="expires_at")
    def ends(self, family: RefreshFamily) -> SafeString | str:
        return age(family.expires_at)


@admin.register(AttemptCounter)
class AttemptCounterAdmin(_ListOnlyAdmin):
    """Counts of attempts; the table holds only keyed hashes of who made them."""

    list_display = ("tries", "last_try")
    list_filter = (("last_at", admin.DateFieldListFilter),)
    ordering = ("-tries",)

    @display(description="last attempt", ordering="last_at")
    def last_try(self, counter: AttemptCounter) -> SafeString | str:
        return age(counter.last_at)


@admin.register(AuditEvent)
class AuditEventAdmin(FactsAdmin):
    list_display = ("when", "action", "who", "target", "project_id", "address")
    list_filter = (("at", admin.DateFieldListFilter),)
    search_fields = ("action", "actor_name", "target", "=request_id")
    exclude = ("details",)
    readonly_fields = ("details_shown",)

    @display(description="when", ordering="id")
    def when(self, event: AuditEvent) -> SafeString | str:
        return age(event.at)

    @display(description="who", ordering="actor_name")
    def who(self, event: AuditEvent) -> str:
        return event.actor_name or "DIIP or an unknown user"

    @display(description="details")
    def details_shown(self, event: AuditEvent) -> SafeString | str:
        return as_json(event.details)
