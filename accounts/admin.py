"""Accounts in the admin. Password hashes are shown nowhere, masked or not."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import Group
from django.forms import ModelForm
from django.utils.html import format_html

from accounts.models import User

# What an account may do is its role; groups would promise what nothing reads.
admin.site.unregister(Group)


class AccountCreationForm(BaseUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "username", "role")


class AccountForm(ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "username", "role", "is_active")


@admin.register(User)
class AccountAdmin(UserAdmin):  # type: ignore[type-arg]
    form = AccountForm
    add_form = AccountCreationForm
    list_display = ("email", "username", "role", "is_active", "last_login", "created_at")
    list_filter = ("role", "is_active")
    search_fields = ("email", "username")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("password_link", "last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "username", "role", "is_active")}),
        ("Sign-in", {"fields": ("password_link", "last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "username", "role", "password1", "password2")}),)

    @admin.display(description="password")
    def password_link(self, account: User) -> str:
        return format_html('<a href="{}">Set a new password</a>', "../password/")
