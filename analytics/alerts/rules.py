"""Who is told: the channels of every rule that an alert fits, and those that know it already."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from analytics.alerts.changes import rank
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


def create_rule(*, project: Project, given: Mapping[str, Any]) -> AlertRule:
    if AlertRule.objects.filter(project=project).count() >= MOST_RULES:
        raise Conflict(f"A project has {MOST_RULES} rules at most. Delete one first.")
    return _store(AlertRule(project=project), given)


def change_rule(*, rule: AlertRule, given: Mapping[str, Any]) -> AlertRule:
    return _store(rule, given)


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
