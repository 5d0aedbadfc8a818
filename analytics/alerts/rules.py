"""Alert rules, and the channels that an alert is sent to."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import User
from analytics.alerts.diff import rank
from analytics.models import Alert, AlertChannel, AlertMessage, AlertRule
from diip.common.errors import Conflict, InvalidInput
from projects.models import Project

MOST_RULES = 100


def channels_for(alert: Alert, event: str) -> list[AlertChannel]:
    """Return the enabled channels; a resolution goes only to those already notified."""
    wanted = set(AlertMessage.objects.filter(alert=alert).values_list("channel_id", flat=True))
    if event != AlertMessage.Event.RESOLVED:
        wanted |= _by_rule(alert)
    return list(AlertChannel.objects.filter(pk__in=wanted, enabled=True).order_by("pk"))


def fits(rule: AlertRule, alert: Alert) -> bool:
    if alert.topic not in rule.topics or rank(alert.level) < rank(rule.min_level):
        return False
    is_spike = alert.topic == Alert.Topic.SPIKE
    return not is_spike or not rule.series or alert.series in rule.series


def _by_rule(alert: Alert) -> set[int]:
    rules = AlertRule.objects.filter(project=alert.project_id, enabled=True)
    return {
        channel.pk
        for rule in rules.prefetch_related("channels")
        if fits(rule, alert)
        for channel in rule.channels.all()
    }


# --- writing ------------------------------------------------------------------------------------


def create_rule(*, project: Project, actor: User, given: Mapping[str, Any]) -> AlertRule:
    if AlertRule.objects.filter(project=project).count() >= MOST_RULES:
        raise Conflict(f"A project can have at most {MOST_RULES} rules. Delete one first.")
    with transaction.atomic():
        rule = _store(AlertRule(project=project), given)
        _record(rule, actor, "rule.created", after=_snapshot(rule))
    return rule


def change_rule(*, rule: AlertRule, actor: User, given: Mapping[str, Any]) -> AlertRule:
    with transaction.atomic():
        before = _snapshot(rule)
        changed = _store(rule, given)
        after = _snapshot(changed)
        differing = [name for name in after if after[name] != before[name]]
        _record(
            changed,
            actor,
            "rule.changed",
            before={name: before[name] for name in differing},
            after={name: after[name] for name in differing},
        )
    return changed


def remove_rule(*, rule: AlertRule, actor: User) -> None:
    with transaction.atomic():
        _record(rule, actor, "rule.removed", before=_snapshot(rule))
        rule.delete()


def _snapshot(rule: AlertRule) -> dict[str, object]:
    """Return the rule's columns and channel ids for the audit trail."""
    columns = ("name", "topics", "min_level", "series", "enabled")
    channels = sorted(rule.channels.values_list("pk", flat=True))
    return {name: getattr(rule, name) for name in columns} | {"channels": channels}


def _record(rule: AlertRule, actor: User, action: str, **details: object) -> None:
    target = f"rule {rule.pk} {rule.name}"
    audit.record(actor, audit.AuditRecord(action, target, rule.project_id, details=details))


def _store(rule: AlertRule, given: Mapping[str, Any]) -> AlertRule:
    """Save the rule with its channels.

    Raises InvalidInput for a channel of another project, Conflict for a name that is taken.
    """
    channel_ids = given.get("channels")
    found = AlertChannel.objects.filter(project=rule.project_id, pk__in=channel_ids or ())
    if channel_ids is not None and len(found) < len(set(channel_ids)):
        raise InvalidInput("This project has no such channel.", field="channels")
    for name in given.keys() - {"channels"}:
        setattr(rule, name, given[name])
    try:
        with transaction.atomic():
            rule.save()
            if channel_ids is not None:
                rule.channels.set(found)
    except IntegrityError:
        raise Conflict(f"A rule named {rule.name} already exists.") from None
    return AlertRule.objects.prefetch_related("channels").get(pk=rule.pk)
