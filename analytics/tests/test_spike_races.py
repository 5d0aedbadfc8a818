"""Concurrent evaluations on PostgreSQL; SQLite allows one writer at a time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from analytics.models import Spike
from analytics.tests.spiking import TODAY, History, ago
from projects.models import Project

pytestmark = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="needs a database with concurrent writers"
)


@pytest.mark.django_db(transaction=True)
def test_concurrent_evaluations_open_one_spike():
    history = History(Project.objects.create(name="Watched"), None)
    history.integration = history.connect("github")
    history.fill(ago(1))
    history.open(TODAY, 12)
    together = Barrier(2)

    def judge(_: int) -> list[Spike]:
        together.wait()
        try:
            return history.judge()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        changed = [len(spikes) for spikes in pool.map(judge, range(2))]

    assert sorted(changed) == [0, 1]
    assert Spike.objects.count() == 1
