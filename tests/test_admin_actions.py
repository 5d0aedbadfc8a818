"""What an operator can do in the admin: it happens, it is told, and it stands in the trail."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, RefreshFamily, User
from analytics.models import Alert, AlertChannel
from integrations.models import Integration, QuarantinedRecord, SyncRun
from issues import tasks
from tests.admin_rows import fill_rows
from tests.tenants import make_world

INTEGRATIONS = "integrations_integration"


@pytest.fixture
def world(db):
    world = make_world()
    fill_rows(world.ours)
    AuditEvent._base_manager.all().delete()  # what making the world left
    return world


@pytest.fixture
def act(client, world):
    client.force_login(world.people["admin"])

    def do(page, action, *rows, confirmed="yes"):
        given = {"action": action, "_selected_action": [row.pk for row in rows]}
        if confirmed:
            given["confirmed"] = confirmed
        answer = client.post(reverse(f"admin:{page}_changelist"), given)
        answer.said = [str(message) for message in get_messages(answer.wsgi_request)]
        return answer

    return do


@pytest.fixture
def integration(world):
    return Integration.objects.get(pk=world.ours.ids["integration_id"])


def deeds():
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_sync_now_opens_a_run_that_the_sweep_sends(act, integration):
    answer = act(INTEGRATIONS, "sync_now", integration)

    run = integration.runs.get(state="queued")
    assert run.trigger == SyncRun.Trigger.MANUAL
    assert f"run {run.pk}" in answer.said[0]
    assert deeds() == ["integration.sync_requested"]


def test_what_ends_something_asks_first(act, integration):
    asked = act(INTEGRATIONS, "pause", integration, confirmed="")

    integration.refresh_from_db()
    assert b"nothing is synced until you resume" in asked.content
    assert not integration.paused
    assert deeds() == []


def test_pause_and_resume(act, integration):
    act(INTEGRATIONS, "pause", integration)
    integration.refresh_from_db()
    paused = integration.paused
    act(INTEGRATIONS, "resume", integration)

    integration.refresh_from_db()
    assert paused
    assert not integration.paused
    assert deeds() == ["integration.paused", "integration.resumed"]


def test_a_refusal_is_told_and_leaves_no_line(act, integration):
    answer = act(INTEGRATIONS, "resume", integration)

    assert answer.said == ["github octo/own: It is not paused."]
    assert deeds() == []


def test_kept_pages_are_mapped_again_by_a_run(act, integration):
    act(INTEGRATIONS, "remap", integration)

    assert integration.runs.get(state="queued").kind == SyncRun.Kind.REMAP


def test_keys_are_rotated_by_a_worker(act, integration):
    answer = act(INTEGRATIONS, "rotate_keys", integration)

    assert "re-encrypts all secrets" in answer.said[0]
    assert deeds() == ["keys.rotation_asked"]


def test_only_chosen_records_are_replayed(act, integration):
    other = QuarantinedRecord.objects.create(
        integration=integration, feed="issues", source_id="x", reason="r", raw=b"{", raw_size=1
    )
    left_alone = QuarantinedRecord.objects.exclude(pk=other.pk).get()

    asked_at = timezone.now()
    answer = act("integrations_quarantinedrecord", "replay", other)
    tasks.replay_quarantine(integration.pk, [other.pk])

    assert answer.said == ["github octo/own: 1 queued for retry."]
    assert QuarantinedRecord.objects.get(pk=left_alone.pk).last_seen_at == left_alone.last_seen_at
    assert QuarantinedRecord.objects.filter(last_seen_at__gt=asked_at).exists()
    assert deeds() == ["quarantine.replay_asked"]


def test_an_account_is_deactivated_and_signed_out(act, client, world):
    person = world.people["owner"]

    act("accounts_user", "deactivate", person)

    person.refresh_from_db()
    assert not person.is_active
    assert not RefreshFamily.objects.filter(user=person).exists()
    assert deeds() == ["account.deactivated"]


def test_an_account_is_not_deleted_past_what_goes_with_it(act, client, world):
    person = world.people["owner"]
    pages = [
        reverse(f"admin:accounts_user_{name}", args=[person.pk]) for name in ("change", "delete")
    ]

    answer = act("accounts_user", "delete_selected", person)
    statuses = [
        client.get(pages[1]).status_code,
        client.post(pages[1], {"post": "yes"}).status_code,
    ]

    assert answer.said == ["No action selected."]
    assert statuses == [403, 403]
    assert (
        "cannot be deleted yet, neither here nor over the API"
        in client.get(pages[0]).content.decode()
    )
    assert User.objects.filter(pk=person.pk).exists()
    assert deeds() == []


def test_nobody_locks_themselves_out(act, world):
    answer = act("accounts_user", "deactivate", world.people["admin"])

    assert "your own account" in answer.said[0]
    assert User.objects.get(pk=world.people["admin"].pk).is_active


def test_signing_out_ends_browsers_too(act, client, world):
    admin = world.people["admin"]

    act("accounts_user", "sign_out", admin)

    assert client.get("/admin/").status_code == 302
    assert not RefreshFamily.objects.filter(user=admin).exists()


def test_a_broken_channel_is_tried_again(act, world):
    channel = AlertChannel.objects.get(pk=world.ours.ids["channel_id"])
    AlertChannel.objects.update(state="broken")

    act("analytics_alertchannel", "enable", channel)

    channel.refresh_from_db()
    assert channel.state == AlertChannel.State.WORKING
    assert deeds() == ["channel.changed"]


def test_an_alert_is_muted_and_heard_again(act, world):
    alert = Alert.objects.get(pk=world.ours.ids["alert_id"])

    act("analytics_alert", "mute", alert)
    muted = Alert.objects.get(pk=alert.pk).muted_at
    act("analytics_alert", "unmute", alert)

    assert muted
    assert Alert.objects.get(pk=alert.pk).muted_at is None


def test_a_member_put_right_leaves_a_line(client, act, world):
    pk = world.ours.ids["membership_id"]
    member = world.ours.project.memberships.get(pk=pk)
    form = {"project": member.project_id, "user": member.user_id, "role": "maintainer"}

    client.post(reverse("admin:projects_membership_change", args=[pk]), form)

    line = AuditEvent.objects.latest("id")
    assert (line.action, line.project_id) == ("member.changed", member.project_id)
    assert line.details == {"role": "maintainer", "fields": ["role"]}
