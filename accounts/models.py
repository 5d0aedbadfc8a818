"""Who uses DIIP, their refresh tokens, and how often somebody tried to sign in."""

import uuid
from collections.abc import Iterable
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Replace, Upper
from django.utils import timezone

from accounts.fields import EmailAddressField, UsernameField, normalise_username
from diip.common.models import TimestampedModel


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, **{**fields, "role": User.Role.ADMIN})

    def find_by_login(self, login: str) -> "User | None":
        """By e-mail or username, in any spelling; no username holds an @."""
        if "@" in normalise_username(login):
            return self.filter(email=login).first()
        return self.filter(username__iexact=login).first()


class User(AbstractBaseUser, TimestampedModel):
    """An account. An admin may do everything; what a developer may do, projects decide."""

    class Role(models.TextChoices):
        ADMIN = "admin"
        DEVELOPER = "developer"

    email = EmailAddressField(max_length=254, unique=True)
    username = UsernameField(max_length=150, null=True, blank=True, default=None)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.DEVELOPER)
    is_active = models.BooleanField(default=True)
    email_confirmed_at = models.DateTimeField(null=True, blank=True)
    """When the address answered a mail; null: nobody knows whose it is."""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        constraints = [
            # Upper: it is what `iexact` compares. Usernames are ASCII, so that is every spelling.
            models.UniqueConstraint(
                Upper("username"),
                name="user_username_once",
                violation_error_message="This username is taken.",
            )
        ]

    def __str__(self) -> str:
        return str(self.email)

    @property
    def is_staff(self) -> bool:
        return self.role == self.Role.ADMIN

    @property
    def is_superuser(self) -> bool:
        return self.is_staff

    @property
    def token_seal(self) -> str:
        """Stands in every token of the account: with the password it changes, and they all end."""
        return str(self.get_session_auth_hash())[:32]

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_staff

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


class RefreshFamily(models.Model):
    """The chain of tokens that began with one sign-in; without its row none of them counts.

    Only the newest token of the chain is good. Using it replaces `current_jti` by one conditional
    UPDATE, so of many simultaneous uses one wins; any other token of the chain was spent before,
    and showing it deletes the row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_families")
    current_jti = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "refresh families"


class AttemptCounter(models.Model):
    """Tries of one kind by one account or address since the last pause as long as the window."""

    key = models.CharField(max_length=64, unique=True)
    """A keyed hash: the table tells nobody who tried to sign in."""
    tries = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)


class Slot(models.Model):
    """One of few things that may happen at once; its row goes when it is over (`slots.py`)."""

    name = models.CharField(max_length=80, primary_key=True)
    holder = models.UUIDField()
    until = models.DateTimeField(db_index=True)
    """When it is free although nobody gave it back."""

    def __str__(self) -> str:
        return self.name


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Rows are added, and pruned by the base manager when they are old. Nothing else deletes one,
    and nothing changes one, but that the name of an account goes with the account."""

    def update(self, **changes: object) -> int:
        raise TypeError("What the audit trail says is never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("What the audit trail says is not deleted before its time.")

    def forget_account(self, account_id: int, name: str) -> int:
        """Whose deeds they were is then told by the id alone; where they came from, no more."""
        stand_in = f"deleted account {account_id}"
        theirs = self.filter(actor_id=account_id)
        changed = super(AuditEventQuerySet, theirs).update(actor_name=stand_in, address="")
        about = self.filter(target__contains=name)
        super(AuditEventQuerySet, about).update(
            target=Replace("target", Value(name), Value(stand_in))
        )
        return changed


class AuditEvent(models.Model):
    """One thing that somebody did and that must be traceable: append-only.

    No foreign keys: the trail outlives the accounts, projects and things it speaks of.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    action = models.CharField(max_length=64)
    """`<what>.<done>`: account.signed_in, token.replaced, project.deleted, export.taken …"""
    actor_id = models.BigIntegerField(null=True)
    """Null: nobody who was known (a refused sign-in, DIIP itself)."""
    actor_name = models.CharField(max_length=254, blank=True, default="")
    address = models.CharField(max_length=64, blank=True, default="")
    project_id = models.BigIntegerField(null=True)
    target = models.CharField(max_length=200, blank=True, default="")
    """What it was done to: `integration 7 github acme/app`."""
    details = models.JSONField(default=dict)
    """Never a secret, not even a part of one."""
    request_id = models.CharField(max_length=64, blank=True, default="")

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(F("project_id"), F("id").desc(), name="audit_of_project_newest_first")
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action}"

    def save(self, *args: object, **kwargs: object) -> None:
        if not self._state.adding:
            raise TypeError("What the audit trail says is never changed.")
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class PendingAccount(models.Model):
    """A registration whose mail was not answered yet: it signs nobody in, and takes no name.

    A taken address makes the same row: which mail is due is decided when it is sent.
    """

    email = EmailAddressField(max_length=254)
    username = UsernameField(max_length=150, null=True, blank=True, default=None)
    password = models.CharField(max_length=128)
    """The hash. Whoever confirms types the password: the mail alone opens nothing."""
    site = models.CharField(max_length=200)
    """Where it was asked for: what links in the mail begin with."""
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    due_at = models.DateTimeField(null=True, default=timezone.now, db_index=True)
    """When the mail is to be sent; null: it was."""

    def __str__(self) -> str:
        return f"registration {self.pk}"


class MailAddress(models.Model):
    """What was sent to an address that did not ask for it, and whether it refuses more.

    The address stands here as a keyed hash only.
    """

    key = models.CharField(max_length=64, unique=True)
    asked = models.PositiveIntegerField(default=0)
    """Mails that want an answer, since the last one."""
    last_asked_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)


class MailCount(models.Model):
    """How many mails of one kind left on one day, by UTC."""

    key = models.CharField(max_length=64)
    """`all`, `project:3`, `asked by user:7` …"""
    day = models.DateField()
    mails = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "day"], name="mail_count_once_a_day")]
