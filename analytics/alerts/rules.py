"""Who is told: the channels of every rule that an alert fits, and those that know it already."""

from analytics.alerts.changes import rank
from analytics.models import Alert, AlertChannel, AlertMessage, AlertRule


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
