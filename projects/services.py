"""Services that change projects and members."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.audit import AuditRecord
from accounts.models import User
from accounts.sign_in import rate_limits
from diip.common.errors import Conflict, InvalidInput, NotFound
from projects.models import Membership, Project

Role = Membership.Role

# GitHub's: https://docs.github.com/en/rest/repos/repos (owner also `name_company` of Enterprise).
_OWNER_AND_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,38})/([A-Za-z0-9._-]{1,100})")
_GITHUB_HOST = re.compile(r"(www\.)?github\.com|github\.[a-z0-9.-]+|[a-z0-9-]+\.ghe\.com")


# --- projects -----------------------------------------------------------------------------------


def create_project(
    *,
    owner: User,
    name: str,
    repo_identifier: str = "",
    time_zone: str = "UTC",
    working_hours: Mapping[str, Any] | None = None,
) -> Project:
    with transaction.atomic():
        project = Project.objects.create(
            name=name,
            repo_identifier=repo_identifier,
            time_zone=time_zone,
            working_hours=working_hours,
        )
        Membership.objects.create(project=project, user=owner, role=Role.OWNER)
        audit.record(
            owner, AuditRecord("project.created", f"project {project.pk} {name}", project.pk)
        )
    project.my_role, project.owner_id = Role.OWNER, owner.pk
    return project


def change_project(
    *, project: Project, changes: Mapping[str, Any], actor: User | None = None
) -> None:
    """Write only the changed columns: a sync may write others at the same time."""
    for name, value in changes.items():
        setattr(project, name, value)
    with transaction.atomic():
        project.save(update_fields=[*changes, "updated_at"])
        target, details = f"project {project.pk} {project.name}", {"fields": sorted(changes)}
        audit.record(actor, AuditRecord("project.changed", target, project.pk, details=details))


def remove_project(*, project: Project, actor: User | None = None) -> None:
    """Hide the project at once; a task purges its data, which may be a million rows."""
    with transaction.atomic():
        present = Project.objects.filter(pk=project.pk, removed_at=None)
        if present.update(removed_at=timezone.now()):
            target = f"project {project.pk} {project.name}"
            audit.record(actor, AuditRecord("project.deleted", target, project.pk))


def mark_synced(*, project_id: int, at: datetime) -> None:
    """Record a finished sync of the project; keeps the newest time."""
    never_or_before = Q(last_synced_at=None) | Q(last_synced_at__lt=at)
    Project.objects.filter(never_or_before, pk=project_id).update(last_synced_at=at)


def reduce_repository(text: str, *, field: str) -> str:
    """Return `owner/name` from itself or from an https or git@ URL of GitHub.

    Raises InvalidInput for `field`.
    """
    address = text.strip()
    path = _path_of_address(address) if ":" in address else address
    found = _OWNER_AND_NAME.fullmatch(path or "")
    if not found or not found[2].strip("."):
        raise InvalidInput(
            "Enter the repository as owner/name or as its GitHub URL "
            "(https://github.com/owner/name).",
            field=field,
        )
    return path or ""


def _path_of_address(address: str) -> str | None:
    """Return the path of a GitHub URL; None for others.

    `git@host:owner/name.git` is short for `ssh://git@host/owner/name.git`.
    """
    if address.startswith("git@"):
        address = "ssh://" + address.replace(":", "/", 1)
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme not in {"http", "https", "ssh"} or not _GITHUB_HOST.fullmatch(host):
        return None
    owner_and_name = parts.path.strip("/").split("/")[:2]
    return "/".join(owner_and_name).removesuffix(".git")


# --- members ------------------------------------------------------------------------------------


def find_account(*, actor: User, email: str = "", user_id: int | None = None) -> User:
    """Return the account that an owner wants to add.

    By e-mail: this reveals that the address has an account, which adding members requires.
    By id: only accounts that share a project with the actor (platform admins: all); otherwise
    ids could be tried to list all addresses. Refusals have one message and an hourly limit.

    Raises NotFound and TooManyRequests.
    """
    rate_limits.reserve("member_lookup", str(actor.pk))
    active = User.objects.filter(is_active=True)
    if user_id is None:
        account = active.filter(email=email).first()
    else:
        account = _known_to(actor, active).filter(pk=user_id).first()
    if account is None:
        raise NotFound(
            "No matching account. Use the e-mail address of the registration, or ask the person "
            "to register first."
        )
    rate_limits.give_back("member_lookup", str(actor.pk))
    return account


def _known_to(actor: User, accounts: "QuerySet[User]") -> "QuerySet[User]":
    if actor.role == User.Role.ADMIN:
        return accounts
    shared = Project.objects.visible_to(actor).values("pk")
    return accounts.filter(
        Exists(Membership.objects.filter(user=OuterRef("pk"), project__in=shared))
    )


def add_member(
    *, project: Project, account: User, role: str, actor: User | None = None
) -> Membership:
    with transaction.atomic():
        membership, is_new = Membership.objects.get_or_create(
            project=project, user=account, defaults={"role": role}
        )
        if is_new:
            _record_member(actor, "member.added", membership)
    if not is_new:
        raise Conflict(
            f"This account is already a member (membership {membership.pk}). Change its role there."
        )
    return membership


def change_role(*, membership: Membership, role: str, actor: User | None = None) -> Membership:
    with transaction.atomic():
        row = _lock_with_owners(membership)
        if row.role == Role.OWNER != role:
            _refuse_last_owner(row)
        row.role = role
        row.save(update_fields=["role", "updated_at"])
        _record_member(actor, "member.changed", row)
    return row


def remove_member(*, membership: Membership, actor: User | None = None) -> None:
    with transaction.atomic():
        row = _lock_with_owners(membership)
        if row.role == Role.OWNER:
            _refuse_last_owner(row)
        _record_member(actor, "member.removed", row)
        row.delete()


def _record_member(actor: User | None, action: str, row: Membership) -> None:
    target, details = f"account {row.user_id} {row.user.email}", {"role": row.role}
    audit.record(actor, AuditRecord(action, target, row.project_id, details=details))


def _lock_with_owners(membership: Membership) -> Membership:
    """Lock the project and reload the membership.

    If two owners leave at once, the second waits here and is then refused as the last owner.

    Raises NotFound.
    """
    list(Project.objects.select_for_update(no_key=True).filter(pk=membership.project_id))
    row = Membership.objects.select_related("user").filter(pk=membership.pk).first()
    if row is None:
        raise NotFound("This membership was removed.")
    return row


def _refuse_last_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(project_id=membership.project_id, role=Role.OWNER)
    if not owners.exclude(pk=membership.pk).exists():
        raise Conflict("A project needs at least one owner. Make another member owner first.")
