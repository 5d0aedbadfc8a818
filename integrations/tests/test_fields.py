"""Secrets in a tracker's text are scrubbed before they are stored."""

import pytest

from integrations.models import FeedCursor, Integration, QuarantinedRecord, SyncRun
from projects.models import Project

TOKEN = "ghp_PLANTEDq7wkz0aInAMessage0001"
SAID = f"The tracker answered: Bad credentials for {TOKEN}."
KEPT = "The tracker answered: Bad credentials for ***."


@pytest.fixture
def integration(db) -> Integration:
    return Integration.objects.create(
        project=Project.objects.create(name="P"), provider="github", base_url="https://x.test",
        scope="octo/own", status_message=SAID, notes=["The token", SAID],
    )  # fmt: skip


def test_a_secret_in_a_run_is_scrubbed_however_it_is_written(integration) -> None:
    run = SyncRun.objects.create(
        integration=integration, trigger="manual", state="failed", error_message=SAID, gaps=[SAID]
    )
    assert SyncRun.objects.values_list("error_message", "gaps").get() == (KEPT, [KEPT])

    SyncRun.objects.filter(pk=run.pk).update(error_message=SAID, gaps=["The token", SAID])

    run.refresh_from_db()
    assert (run.error_message, run.gaps) == (KEPT, ["The token", KEPT])


def test_a_secret_in_what_stands_beside_it_is_scrubbed(integration) -> None:
    QuarantinedRecord.objects.create(
        integration=integration, feed="issues", source_id="1", reason=SAID, raw=b"", raw_size=0
    )
    FeedCursor.objects.create(integration=integration, feed="issues", note=SAID)
    integration.refresh_from_db()

    assert (integration.status_message, integration.notes) == (KEPT, ["The token", KEPT])
    assert QuarantinedRecord.objects.get().reason == FeedCursor.objects.get().note == KEPT
