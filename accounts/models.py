"""Accounts, refresh tokens, attempt counters, audit trail, registrations and mail limits."""

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
        """Find by e-mail or username in any spelling; no username contains @."""
        if "@" in normalise_username(login):
            return self.filter(email=login).first()
        return self.filter(username__iexact=login).first()


class User(AbstractBaseUser, TimestampedModel):
    """Account. Admins may do everything; memberships in projects decide for developers."""

    class Role(models.TextChoices):
        ADMIN = "admin"
        DEVELOPER = "developer"

    email = EmailAddressField(max_length=254, unique=True)
    username = UsernameField(max_length=150, null=True, blank=True, default=None)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.DEVELOPER)
    is_active = models.BooleanField(default=True)
    email_confirmed_at = models.DateTimeField(null=True, blank=True)
    """Time of confirmation; null: not confirmed."""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        constraints = [
            # `iexact` compares Upper. Usernames are ASCII, so this covers every spelling.
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
        """Value in every token; it changes with the password, which revokes all tokens."""
        return str(self.get_session_auth_hash())[:32]

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_staff

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


class RefreshFamily(models.Model):
    """Chain of tokens from one sign-in; deleting the row revokes them all.

    Only the newest refresh token is valid. Using it replaces `current_jti` in one conditional
    UPDATE, so one of many simultaneous uses wins. Any other token of the chain was used before;
    presenting it deletes the row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_families")
    current_jti = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "refresh families"


class AttemptCounter(models.Model):
    """Attempts of one kind by one account or address since the last pause of one window."""

    key = models.CharField(max_length=64, unique=True)
    """Keyed hash, so that the table does not reveal who tried to sign in."""
    tries = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)


class Slot(models.Model):
    """Occupied concurrency slot; the row is deleted on release (`slots.py`)."""

    name = models.CharField(max_length=80, primary_key=True)
    holder = models.UUIDField()
    until = models.DateTimeField(db_index=True)
    """Expiry; the slot is then free without a release."""

    def __str__(self) -> str:
        return self.name


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Append-only rows. Only the base manager deletes them, when they are old; the only update
    replaces the name of a deleted account."""

    def update(self, **changes: object) -> int:
        raise TypeError("Audit events cannot be changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("Audit events cannot be deleted before their retention ends.")

    def forget_account(self, account_id: int, name: str) -> int:
        """Replace the account's name by its id and clear its addresses; return changed rows."""
        stand_in = f"deleted account {account_id}"
        theirs = self.filter(actor_id=account_id)
        changed = super(AuditEventQuerySet, theirs).update(actor_name=stand_in, address="")
        about = self.filter(target__contains=name)
        super(AuditEventQuerySet, about).update(
            target=Replace("target", Value(name), Value(stand_in))
        )
        return changed


class AuditEvent(models.Model):
    """Append-only record of one action.

    No foreign keys: the trail outlives the accounts, projects and rows it mentions.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    action = models.CharField(max_length=64)
    """`<what>.<done>`: account.signed_in, token.replaced, project.deleted, export.taken …"""
    actor_id = models.BigIntegerField(null=True)
    """Null for an unknown actor (a refused sign-in) or DIIP itself."""
    actor_name = models.CharField(max_length=254, blank=True, default="")
    address = models.CharField(max_length=64, blank=True, default="")
    project_id = models.BigIntegerField(null=True)
    target = models.CharField(max_length=200, blank=True, default="")
    """Object of the action: `integration 7 github acme/app`."""
    details = models.JSONField(default=dict)
    """Details; never a secret or a part of one."""
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
            raise TypeError("Audit events cannot be changed.")
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class PendingAccount(models.Model):
    """Unconfirmed registration: it cannot sign in and reserves no name.

    A taken address creates the same row; sending decides which mail is due.
    """

    email = EmailAddressField(max_length=254)
    username = UsernameField(max_length=150, null=True, blank=True, default=None)
    password = models.CharField(max_length=128)
    """Password hash. Confirming needs the password; the mail alone is not enough."""
    site = models.CharField(max_length=200)
    """URL of the registration site, the base of links in the mail."""
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    due_at = models.DateTimeField(null=True, default=timezone.now, db_index=True)
    """Due time of the mail; null: sent."""

    def __str__(self) -> str:
        return f"registration {self.pk}"


class MailAddress(models.Model):
    """Confirmation mails sent to one address, and its refusal.

    The address is stored as a keyed hash only.
    """

    key = models.CharField(max_length=64, unique=True)
    asked = models.PositiveIntegerField(default=0)
    """Confirmation mails since the last answer."""
    last_asked_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)


class MailCount(models.Model):
    """Number of mails of one kind on one UTC day."""

    key = models.CharField(max_length=64)
    """Counter name: `all`, `project:3`, `asked by user:7` …"""
    day = models.DateField()
    mails = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "day"], name="mail_count_once_a_day")]
