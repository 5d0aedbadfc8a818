"""Connecting, changing integrations, and asking for a sync.

Nothing is stored before the tracker has answered one call with the credential, and no
transaction is open while it is asked.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from diip.common.errors import Conflict, InvalidInput, NotFound
from integrations import crypto, health, http
from integrations.credentials import Checked, Proposal, check_scope, open_provider, read_token
from integrations.models import Integration, SyncRun
from integrations.providers import registry
from integrations.providers.base import Scope, ScopeInfo
from projects.models import Project
from projects.services import reduce_repository

__all__ = [
    "Change",
    "change_integration",
    "connect",
    "connect_github",
    "open_provider",
    "read_token",
    "request_sync",
]

logger = logging.getLogger(__name__)

Status = Integration.Status


# --- connecting ---------------------------------------------------------------------------------


def connect_github(
    *, project: Project, actor: User, token: str, repository: str, api_url: str
) -> Integration:
    """`repository` and `api_url` may be empty: the project's own, and GitHub's."""
    wanted = repository or project.repo_identifier
    if not wanted:
        message = "Name the repository (owner/name); the project has no repo_identifier to go by."
        raise InvalidInput(message, field="repository")
    base_url = api_url or registry.PROVIDERS["github"].default_base_url
    scope = Scope(
        base_url=base_url.rstrip("/"),
        scope=reduce_repository(wanted, field="repository"),
        token=token,
    )
    return connect(project=project, actor=actor, proposal=Proposal("github", scope))


def connect(*, project: Project, actor: User, proposal: Proposal) -> Integration:
    """Ask the tracker, store, and have the first sync begin by itself."""
    checked = check_scope(proposal)
    with transaction.atomic():
        _lock_project(project)
        _refuse_second(project, proposal.provider, checked.info)
        integration = _store(project, proposal, checked)
        request_sync(integration=integration, trigger=SyncRun.Trigger.CONNECTED)
    http.log_calls(checked.calls, integration_id=integration.pk, provider=proposal.provider)
    logger.info("User %s connected integration %s.", actor.pk, integration.pk)
    return integration


def _lock_project(project: Project) -> None:
    """One connect at a time; syncs of the project go on."""
    present = Project.objects.filter(pk=project.pk, removed_at=None)
    if not list(present.select_for_update(no_key=True)):
        raise NotFound("The project is gone.")


def _refuse_second(project: Project, provider: str, info: ScopeInfo) -> None:
    same_scope = Q(scope=info.scope) | Q(scope_id=info.scope_id) & ~Q(scope_id="")
    existing = (
        Integration.objects.of(project)
        .filter(same_scope, provider=provider, base_url=info.base_url)
        .first()
    )
    if existing:
        message = (
            f"{existing.scope} is connected already, as integration {existing.pk}. "
            "To give it another token, PATCH that one."
        )
        raise Conflict(message, extra={"integration": existing.pk})


def _store(project: Project, proposal: Proposal, checked: Checked) -> Integration:
    info = checked.info
    integration = Integration.objects.create(
        project=project,
        provider=proposal.provider,
        base_url=info.base_url,
        scope=info.scope,
        scope_id=info.scope_id,
        web_url=info.web_url,
        next_sync_at=timezone.now(),
    )
    # The ciphertext holds the row's id, which is known only now.
    _take_credential(integration, proposal, checked)
    integration.save()
    return integration


def _take_credential(integration: Integration, proposal: Proposal, checked: Checked) -> None:
    token = proposal.scope.token
    integration.token_ciphertext = crypto.encrypt(token, row_id=integration.pk) if token else ""
    integration.quota_key = proposal.quota_key
    integration.token_expires_at = checked.info.token_expires_at
    integration.notes = list(checked.info.notes)
    if checked.quota:
        _assign(integration, health.quota_columns(checked.quota))


# --- changing ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Change:
    """None leaves as it is; an empty token reads without one."""

    token: str | None = field(default=None, repr=False)
    paused: bool | None = None
    sync_interval_seconds: int | None = None


def change_integration(*, integration: Integration, actor: User, change: Change) -> Integration:
    """A new token is checked first; then all of the change is stored, or none."""
    renewal = None if change.token is None else _check_token(integration, change.token)
    with transaction.atomic():
        row = _lock(integration)
        if renewal:
            _take_credential(row, *renewal)
            _make_due(row)
        if change.sync_interval_seconds:
            _set_interval(row, change.sync_interval_seconds)
        if change.paused is not None and change.paused != row.paused:
            _pause(row) if change.paused else _assign(row, health.ready(timezone.now()))
        row.save()
    logger.info("User %s changed integration %s.", actor.pk, row.pk)
    return row


def _check_token(integration: Integration, token: str) -> tuple[Proposal, Checked]:
    scope = Scope(
        base_url=integration.base_url,
        scope=integration.scope,
        scope_id=integration.scope_id,
        token=token,
    )
    proposal = Proposal(integration.provider, scope)
    checked = check_scope(proposal, integration_id=integration.pk)
    http.log_calls(checked.calls, integration_id=integration.pk, provider=integration.provider)
    if integration.scope_id and checked.info.scope_id != integration.scope_id:
        raise Conflict(
            f"{integration.scope} is another scope now than the one that was connected. "
            "Connect it as a new integration."
        )
    return proposal, checked


def _lock(integration: Integration) -> Integration:
    present = Integration.objects.of(integration.project).filter(pk=integration.pk)
    row = present.select_for_update().first()
    if row is None:
        raise NotFound("The integration is gone.")
    return row


def _set_interval(row: Integration, seconds: int) -> None:
    row.sync_interval_seconds = seconds
    if row.status == Status.HEALTHY and row.next_sync_at:
        row.next_sync_at = min(row.next_sync_at, timezone.now() + timedelta(seconds=seconds))


def _pause(row: Integration) -> None:
    """Open runs are called off; whoever works on one finds its token outdated and stops.

    Their checkpoints stay, so that resuming goes on where they were.
    """
    now = timezone.now()
    row.runs.filter(state__in=SyncRun.OPEN_STATES).update(
        state=SyncRun.State.FAILED,
        fencing_token=F("fencing_token") + 1,
        lease_until=None,
        error_kind="paused",
        error_message="The integration was paused before this run came to its end.",
        finished_at=now,
    )
    _assign(row, health.paused(now))


def _make_due(row: Integration) -> None:
    """After a new token: as new, and what was told to wait need not."""
    if row.paused:
        return
    now = timezone.now()
    _assign(row, health.ready(now))
    row.runs.filter(state__in=SyncRun.UNCLAIMED_STATES).update(not_before=now)


def _assign(row: Integration, columns: Mapping[str, object]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)


# --- asking for a sync --------------------------------------------------------------------------


def request_sync(
    *, integration: Integration, trigger: str, kind: str = SyncRun.Kind.INCREMENTAL
) -> tuple[SyncRun, bool]:
    """(run, whether it is new): an integration has one open run, and everybody gets that one."""
    _refuse_stopped(integration)
    for _ in range(3):
        open_run = integration.runs.filter(state__in=SyncRun.OPEN_STATES).first()
        if open_run:
            return open_run, False
        try:
            with transaction.atomic():
                return _open_run(integration, trigger, kind), True
        except IntegrityError:  # somebody else was faster: theirs is the one
            continue
    raise Conflict("Runs of this integration begin and end just now. Ask again in a moment.")


def _open_run(integration: Integration, trigger: str, kind: str) -> SyncRun:
    """Even whoever asks by hand waits while the tracker says so."""
    not_before = timezone.now()
    if integration.status == Status.THROTTLED and integration.next_sync_at:
        not_before = max(not_before, integration.next_sync_at)
    not_before = max(not_before, integration.quiet_until or not_before)
    return integration.runs.create(trigger=trigger, kind=kind, not_before=not_before)


def _refuse_stopped(integration: Integration) -> None:
    if integration.paused:
        raise Conflict(f"{integration} is paused. {health.FIXES['paused']}")
    if integration.status_reason in health.NEEDS_A_TOKEN:
        raise Conflict(f"{integration.status_message} {health.FIXES[integration.status_reason]}")
