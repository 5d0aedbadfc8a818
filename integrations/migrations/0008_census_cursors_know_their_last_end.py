from typing import Any

from django.db import migrations
from django.db.models import F


def know_last_end(apps: Any, _: Any) -> None:
    """Of censuses that ended before this was noted."""
    cursors = apps.get_model("integrations", "FeedCursor").objects
    cursors.filter(feed="census", page_token="").update(horizon=F("pass_started_at"))


class Migration(migrations.Migration):
    dependencies = [("integrations", "0007_finished_runs_by_age")]

    operations = [migrations.RunPython(know_last_end, migrations.RunPython.noop)]
