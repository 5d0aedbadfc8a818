"""Admin home page: problems and charts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from integrations.models import ApiLog, Integration, SyncRun
from monitoring.admin_home import data
from monitoring.admin_home.charts import Series, draw_bars
from monitoring.admin_home.health_summary import summarise
from monitoring.health import Component, HealthReport, State
from projects.services import create_project

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def integration(make_user):
    project = create_project(owner=make_user(), name="<b>Payments</b>")
    return Integration.objects.create(
        project=project, provider="github", base_url="https://x.test", scope="octo/pay",
        status="needs_attention", status_reason="auth", status_message="The token expired.",
    )  # fmt: skip


@pytest.fixture
def page(client, make_user):
    client.force_login(make_user("root@example.com", role="admin"))

    def read():
        cache.clear()
        return client.get("/admin/").content.decode()

    return read


def report_of(*components):
    return HealthReport(at=NOW, took_ms=1, components=components)


def test_empty_installation_shows_first_steps(page):
    assert "No integrations yet." in page()


def test_unhealthy_integration_is_shown_with_fix(page, integration):
    shown = page()

    assert f"/admin/integrations/integration/{integration.pk}/change/" in shown
    assert "The token expired." in shown
    assert "&lt;b&gt;Payments" in shown
    assert "<b>Payments" not in shown


def test_syncs_are_counted_by_hour(integration):
    for hours, state in ((0, "succeeded"), (1, "failed"), (30, "failed")):
        SyncRun.objects.create(integration=integration, trigger="manual", state=state,
                               finished_at=NOW - timedelta(hours=hours))  # fmt: skip
    for success in (True, True, False):
        ApiLog.objects.create(
            integration=integration, provider="github", method="GET", endpoint="/",
            duration_ms=1, success=success, created_at=NOW,
        )  # fmt: skip

    read = data.read_figures(NOW)

    assert (read.syncs.good[-1], read.syncs.bad[-2], read.syncs.total) == (1, 1, 2)
    assert read.calls.by_name == (("github", 3, 1),)
    assert read.calls.since is None


def test_partial_chart_shows_its_start(integration, monkeypatch):
    monkeypatch.setattr(data, "NEWEST", 2)
    for minutes in (3, 2, 1):
        ApiLog.objects.create(
            integration=integration, provider="github", method="GET", endpoint="/",
            duration_ms=1, success=True, created_at=NOW - timedelta(minutes=minutes),
        )  # fmt: skip

    calls = data.read_figures(NOW).calls

    assert calls.total == 2
    assert calls.since == NOW - timedelta(minutes=2)


def test_query_count_is_independent_of_rows(integration, django_assert_max_num_queries):
    with django_assert_max_num_queries(13) as few:
        data.read_figures(timezone.now())
    for number in range(5):
        Integration.objects.create(project=integration.project, provider="jira", scope=str(number),
                                   base_url="https://x.test", status="degraded")  # fmt: skip

    with django_assert_max_num_queries(len(few)):
        data.read_figures(timezone.now())


def test_failures_are_listed_before_warnings():
    summary = summarise(
        report_of(
            Component("disk", State.WARNING, "Nearly full.", "Make room."),
            Component("keys", State.OK, "They match."),
            Component("broker", State.FAILING, "It is silent.", "Start it."),
        )
    )

    assert [part.name for part in summary.problems] == ["broker", "disk"]
    assert [part.name for part in summary.healthy] == ["keys"]
    assert summary.headline == "1 component failing, 1 warning."


def test_healthy_report_needs_no_action():
    summary = summarise(report_of(Component("keys", State.OK, "They match.")))

    assert summary.headline == "Everything works. No action needed."


def test_chart_has_text_alternative():
    picture = draw_bars("Syncs", ["a", "b"], [Series("done", "success", [3, 0])], every=1)

    assert 'aria-label="Syncs: 3 done"' in picture
    assert "<title>a: 3 done</title>" in picture
    assert picture.count("diip-fill-success") == 1
