from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import retention
from integrations.lifecycle import remove
from integrations.models import RawPage
from integrations.tasks import prune_raw_pages


@pytest.fixture
def keep(connect):
    integration = connect()

    def create(days: int) -> RawPage:
        at = timezone.now() - timedelta(days=days)
        return RawPage.objects.create(
            integration=integration, feed="issues", body=b"x", size=1, created_at=at
        )

    return create


def test_pages_go_when_their_time_is_over(keep):
    kept = [keep(days) for days in (0, 6, 7, 30)][:2]

    prune_raw_pages()

    assert list(RawPage.objects.order_by("pk")) == kept


def test_switched_off_drops_all(keep, settings):
    settings.DIIP_RAW_PAGE_RETENTION_DAYS = 0
    keep(1)

    prune_raw_pages()

    assert not RawPage.objects.exists()


def test_pruning_stops_at_the_deadline_and_resumes(keep, monkeypatch):
    monkeypatch.setattr(retention, "RAW_PAGES", replace(retention.RAW_PAGES, batch=1))
    for days in (8, 9, 10):
        keep(days)

    assert not retention.prune_raw_pages(seconds=0)

    assert RawPage.objects.count() == 2
    assert retention.prune_raw_pages(seconds=60)
    assert not RawPage.objects.exists()


def test_removed_integration_takes_its_pages_along(keep, team):
    page = keep(1)

    remove.remove_integration(integration=page.integration, actor=team.owner)

    assert not RawPage.objects.exists()
