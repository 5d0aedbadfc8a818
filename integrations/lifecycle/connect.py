"""Connect a tracker's scope to a project, and change a connected integration.

Stores nothing before the tracker has accepted the credential; no transaction is open during the
call.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from diip.common.errors import Conflict, InvalidInput, NotFound
from integrations.audit import record_on
from integrations.credentials import crypto
from integrations.credentials.access import Checked, Proposal, check_scope
from integrations.http.call_log import log_calls
from integrations.http.call_slots import one_of_few
from integrations.lifecycle import health
from integrations.lifecycle.pause_resume import (
    assign,
    lock,
    make_due,
    note_expiry,
    pause,
    set_interval,
)
from integrations.lifecycle.sync_requests import request_sync
from integrations.models import Integration, SyncRun
from integrations.providers import registry
from integrations.providers.contract.base import ConnectInput, ProviderConfigError, Scope, ScopeInfo
from projects.models import Project
from projects.services import reduce_repository

logger = logging.getLogger(__name__)

EXPIRY = "token_expires_at"

# --- connecting ---------------------------------------------------------------------------------


def connect_scope(
    *, project: Project, actor: User, provider: str, given: Mapping[str, Any]
) -> Integration:
    """Connect the scope named by the provider's inputs; return the new integration.

    `given`: the provider's `inputs` by name (missing ones empty), optionally `token_expires_at`.
    """
    kind = registry.PROVIDERS[provider]
    declared_expiry = given.get(EXPIRY)
    asked = {name: value for name, value in given.items() if name != EXPIRY}
    wanted = {name: _completed(kind.inputs, name, value, project) for name, value in asked.items()}
    try:
        scope = kind.scope_of(wanted)
    except ProviderConfigError as error:
        raise InvalidInput(error.message, field=_scope_input(kind.inputs)) from None
    proposal = Proposal(provider, scope)
    return connect(project=project, actor=actor, proposal=proposal, declared_expiry=declared_expiry)


def _scope_input(inputs: Sequence[ConnectInput]) -> str:
    """Return the name of the input that identifies the scope."""
    named = [each.name for each in inputs if each.kind in ("repository", "text", "words")]
    return named[0] if named else "scope"


def _completed(
    inputs: Sequence[ConnectInput], name: str, value: object, project: Project
) -> object:
    """Use the project's own repository where none was given."""
    is_repository = any(each.name == name and each.kind == "repository" for each in inputs)
    if not is_repository:
        return value
    wanted = value or project.repo_identifier
    if not wanted:
        message = (
            "Name the repository (owner/name); the project has no repo_identifier to use instead."
        )
        raise InvalidInput(message, field=name)
    return reduce_repository(str(wanted), field=name)


def connect(
    *, project: Project, actor: User, proposal: Proposal, declared_expiry: datetime | None = None
) -> Integration:
    """Check the credential, store the integration and request its first sync."""
    with one_of_few(actor):
        checked = check_scope(proposal)
    with transaction.atomic():
        _lock_project(project)
        _refuse_second(project, proposal.provider, checked.info)
        integration = _store(project, proposal, checked, declared_expiry)
        request_sync(integration=integration, trigger=SyncRun.Trigger.INITIAL)
        record_on(integration, actor, "integration.connected")
    log_calls(checked.calls, integration_id=integration.pk, provider=proposal.provider)
    logger.info("User %s connected integration %s.", actor.pk, integration.pk)
    return integration


def _lock_project(project: Project) -> None:
    """Allow one connect at a time; syncs of the project are not blocked."""
    present = Project.objects.filter(pk=project.pk, removed_at=None)
    if not list(present.select_for_update(no_key=True)):
        raise NotFound("The project was deleted.")


def _refuse_second(project: Project, provider: str, info: ScopeInfo) -> None:
    same_scope = Q(scope=info.scope) | Q(scope_id=info.scope_id) & ~Q(scope_id="")
    existing = (
        Integration.objects.of(project)
        .filter(same_scope, provider=provider, base_url=info.base_url)
        .first()
    )
    if existing:
        message = (
            f"{existing.scope} is already connected as integration {existing.pk}. "
            "To change its token, PATCH that integration."
        )
        raise Conflict(message, extra={"integration": existing.pk})
    _refuse_shared(project, provider, info)


def _refuse_shared(project: Project, provider: str, info: ScopeInfo) -> None:
    """Refuse overlapping scopes: their common issues would count twice."""
    host = urlsplit(info.base_url).netloc
    for existing in Integration.objects.of(project).filter(provider=provider).order_by("pk"):
        is_shared = existing.scope.startswith(info.shares_with)
        if is_shared and urlsplit(existing.base_url).netloc == host:
            message = (
                f"{existing.scope} is already connected as integration {existing.pk} and may "
                f"share issues with {info.scope}; those would count twice. Remove that "
                "integration and connect both as one, or use another project."
            )
            raise Conflict(message, extra={"integration": existing.pk})


def _store(
    project: Project, proposal: Proposal, checked: Checked, declared_expiry: datetime | None
) -> Integration:
    info = checked.info
    integration = Integration.objects.create(
        project=project,
        provider=proposal.provider,
        base_url=info.base_url,
        scope=info.scope,
        scope_id=info.scope_id,
        web_url=info.web_url,
        account=proposal.scope.account,
        next_sync_at=timezone.now(),
    )
    # The ciphertext contains the row's id, so the row must be created first.
    _take_credential(integration, proposal, checked, declared_expiry)
    integration.save()
    return integration


def _take_credential(
    integration: Integration,
    proposal: Proposal,
    checked: Checked,
    declared_expiry: datetime | None,
) -> None:
    """Set the credential's columns. The tracker's expiry date wins over `declared_expiry`."""
    token = proposal.scope.token
    integration.token_ciphertext = crypto.encrypt(token, row_id=integration.pk) if token else ""
    integration.account = proposal.scope.account
    quota_key = proposal.at(checked.info.base_url).quota_key
    if integration.quota_key != quota_key:
        integration.quiet_until = None  # It belonged to the former token's quota.
    integration.quota_key = quota_key
    integration.token_refused_at = None
    integration.token_expires_at = checked.info.token_expires_at or declared_expiry
    integration.notes = list(checked.info.notes)
    if checked.quota:
        assign(integration, health.quota_columns(checked.quota))


# --- changing ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Change:
    """Requested change. None keeps a value; an empty token means: read without one."""

    token: str | None = field(default=None, repr=False)
    email: str | None = None
    """Account of the new token; None keeps the present one."""
    paused: bool | None = None
    sync_interval_seconds: int | None = None
    token_expires_at: datetime | None = None
    """Expiry of the new or present token; used where the tracker reports none."""


def change_integration(*, integration: Integration, actor: User, change: Change) -> Integration:
    """Check a new token, then store the whole change atomically."""
    renewal = None if change.token is None else _check_token(integration, actor, change)
    with transaction.atomic():
        row = lock(integration)
        was_paused = row.paused
        if renewal:
            _take_credential(row, *renewal, change.token_expires_at)
            row.base_url = renewal[1].info.base_url
            make_due(row)
        elif change.token_expires_at:
            note_expiry(row, change.token_expires_at)
        if change.sync_interval_seconds:
            set_interval(row, change.sync_interval_seconds)
        if change.paused is not None and change.paused != row.paused:
            pause(row) if change.paused else assign(row, health.resumed(row, timezone.now()))
        row.save()
        for action in _actions_of(change, was_paused=was_paused):
            record_on(row, actor, action)
    logger.info("User %s changed integration %s.", actor.pk, row.pk)
    return row


def _actions_of(change: Change, *, was_paused: bool) -> Iterator[str]:
    if change.token is not None:
        yield "integration.token_replaced"
    if change.paused is not None and change.paused != was_paused:
        yield "integration.paused" if change.paused else "integration.resumed"
    if change.sync_interval_seconds:
        yield "integration.changed"


def _check_token(integration: Integration, actor: User, change: Change) -> tuple[Proposal, Checked]:
    scope = Scope(
        base_url=integration.base_url,
        scope=integration.scope,
        scope_id=integration.scope_id,
        token=change.token or "",
        account=integration.account if change.email is None else change.email,
    )
    proposal = Proposal(integration.provider, scope)
    with one_of_few(actor):
        checked = check_scope(proposal, integration_id=integration.pk)
    log_calls(checked.calls, integration_id=integration.pk, provider=integration.provider)
    if integration.scope_id and checked.info.scope_id != integration.scope_id:
        raise Conflict(
            f"{integration.scope} is no longer the scope that was connected: its id has changed. "
            "Connect it as a new integration."
        )
    return proposal, checked
