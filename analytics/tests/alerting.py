"""Test bench of alerts: a project, its channels and a receiver."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import User
from analytics import tasks
from analytics.alerts import channels, confirmation
from analytics.alerts.channels import Given
from analytics.models import Alert, AlertChannel, AlertMessage, AlertRule, MailConfirmation, Spike
from analytics.tests.receiver import Receiver, receiver
from integrations.models import Integration
from projects.models import Project
from projects.services import create_project

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = date(2026, 3, 2)


@dataclass
class Desk:
    """Project with a receiver and a controlled clock."""

    project: Project
    owner: User
    hooks: Receiver
    clock: Any

    def channel(self, kind: str = "webhook", **columns: Any) -> AlertChannel:
        url = "" if kind == "email" else self.hooks.url
        columns.setdefault("name", f"{kind} {AlertChannel.objects.count()}")
        if kind == "email":
            columns.setdefault("recipients", ["ann@example.com", "bob@example.com"])
        given = Given(columns, url, site="https://diip.test/")
        channel = channels.create_channel(
            project=self.project, actor=self.owner, kind=kind, given=given
        )
        for row in MailConfirmation.objects.filter(project=self.project):
            confirmation.confirm(row)
        channel.refresh_from_db()
        return channel

    def rule(self, *those: AlertChannel, **columns: Any) -> AlertRule:
        values = {"topics": ["spike", "integration"], "min_level": "notice"} | columns
        name = f"rule {AlertRule.objects.count()}"
        rule = AlertRule.objects.create(project=self.project, name=name, **values)
        rule.channels.set(those)
        return rule

    def spike(self, **columns: Any) -> Spike:
        usual = {
            "series_kind": "project", "level": "alert", "first_day": DAY, "last_day": DAY,
            "observed_reporters": 8, "observed_issues": 11, "expected": 2.0,
            "expected_low": 0.0, "expected_high": 5.0, "probability": 0.0001,
        }  # fmt: skip
        return Spike.objects.create(project=self.project, **(usual | columns))

    def end(self, spike: Spike) -> None:
        Spike.objects.filter(pk=spike.pk).update(ended_at=START)

    def integration(self, status: str = "needs_attention", **columns: Any) -> Integration:
        usual = {
            "provider": "github", "base_url": "https://api.github.com", "scope": "octo/hello",
            "status_reason": "auth", "status_message": "The token is refused.",
            "status_since": START,
        }  # fmt: skip
        return Integration.objects.create(project=self.project, status=status, **(usual | columns))

    def check(self) -> None:
        tasks.raise_alerts()

    def deliver(self) -> None:
        tasks.deliver_due_alerts()

    def turn(self, **wait: float) -> None:
        """Advance the clock and run the scheduled tasks."""
        self.clock.shift(timedelta(**wait))
        self.check()
        self.deliver()

    def events(self) -> list[str]:
        """Return the events received, without duplicates."""
        return [event for event, _ in self.hooks.received_events()]

    def messages(self) -> list[tuple[str, str]]:
        return list(AlertMessage.objects.order_by("pk").values_list("event", "state"))

    @property
    def alert(self) -> Alert:
        return Alert.objects.get()


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiver() as listening:
        yield listening


@pytest.fixture
def desk(hooks: Receiver, make_user: Callable[..., User], settings: Any) -> Iterator[Desk]:
    settings.DIIP_PRIVATE_HOSTS = [hooks.address]
    owner = make_user("owner@example.com")
    with time_machine.travel(START, tick=False) as clock:
        yield Desk(create_project(owner=owner, name="Ours"), owner, hooks, clock)


@pytest.fixture
def webhook(desk: Desk) -> Desk:
    """Desk with a webhook that receives every alert."""
    desk.rule(desk.channel())
    return desk
