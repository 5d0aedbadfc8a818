"""Who is told: the channels of every rule that an alert fits, and those that know it already."""

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
    """Its end is told where it was told before, whatever the rules say by now."""
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
        raise Conflict(f"A project has {MOST_RULES} rules at most. Delete one first.")
    with transaction.atomic():
        rule = _store(AlertRule(project=project), given)
        _record(rule, actor, "rule.created", after=_told(rule))
    return rule


def change_rule(*, rule: AlertRule, actor: User, given: Mapping[str, Any]) -> AlertRule:
    with transaction.atomic():
        before = _told(rule)
        changed = _store(rule, given)
        after = _told(changed)
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
        _record(rule, actor, "rule.removed", before=_told(rule))
        rule.delete()


def _told(rule: AlertRule) -> dict[str, object]:
    """A rule as the audit trail keeps it."""
    columns = ("name", "topics", "min_level", "series", "enabled")
    channels = sorted(rule.channels.values_list("pk", flat=True))
    return {name: getattr(rule, name) for name in columns} | {"channels": channels}


def _record(rule: AlertRule, actor: User, action: str, **details: object) -> None:
    target = f"rule {rule.pk} {rule.name}"
    audit.record(actor, audit.AuditRecord(action, target, rule.project_id, details=details))


def _store(rule: AlertRule, given: Mapping[str, Any]) -> AlertRule:
    """Its channels are looked for in its project only."""
    asked = given.get("channels")
    found = AlertChannel.objects.filter(project=rule.project_id, pk__in=asked or ())
    if asked is not None and len(found) < len(set(asked)):
        raise InvalidInput("There is no such channel in this project.", field="channels")
    for name in given.keys() - {"channels"}:
        setattr(rule, name, given[name])
    try:
        with transaction.atomic():
            rule.save()
            if asked is not None:
                rule.channels.set(found)
    except IntegrityError:
        raise Conflict(f"There is a rule with the name {rule.name} already.") from None
    return AlertRule.objects.prefetch_related("channels").get(pk=rule.pk)
