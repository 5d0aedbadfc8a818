"""Every action of the audit trail is in the documentation, and none stands there in vain."""

import re
from pathlib import Path

from django.db import transaction

from accounts.models import AuditEvent
from tests.test_url_table import API_ROUTES, World, body_of, url_of, world

__all__ = ["world"]

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "projects", "integrations", "issues", "analytics", "monitoring")
KINDS = (
    "account|member|project|integration|channel|keys|export|quarantine|alert|rule|person|match"
    "|task|sync"
)
EVENTS = {"alert.opened"}
"""What alerts tell channels: no deeds."""
VERBS = {"account": ("made", "changed"), "project": ("added", "changed", "removed")}
VERBS["member"] = VERBS["project"]
BY_THE_ADMIN = {f"{kind}.{verb}" for kind, verbs in VERBS.items() for verb in verbs}
"""Put together of `audited_as` and `audited_verbs`."""


def used() -> set[str]:
    sources = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    own = [path.read_text() for path in sources if "tests" not in path.relative_to(ROOT).parts]
    return set(re.findall(rf'"((?:{KINDS})\.[a-z_]+)"', "\n".join(own))) - EVENTS


def test_the_documentation_lists_what_is_written() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    section = text.split("## Audit trail")[1].split("\n## ")[0]

    assert set(re.findall(rf"`((?:{KINDS})\.[a-z_]+)`", section)) == used() | BY_THE_ADMIN


SILENT = {
    "POST api/auth/register/": "nothing is there before its mail is answered",
    "POST api/projects/<project_id>/alerts/channels/<channel_id>/confirmations/": "nobody waits",
    "POST mail/account/": "answers 400",
    "POST mail/confirm/": "answers 400",
    "POST mail/refuse/": "answers 400",
    "POST api/auth/refresh/": "the same sign-in goes on",
    "POST api/token/refresh/": "the same sign-in goes on",
    "POST api/projects/<project_id>/integrations/<provider>/connect/": "answers 404",
    "POST api/projects/<project_id>/integrations/<integration_id>/statuses/preview/": "reads",
    "POST api/projects/<project_id>/people/matches/<match_id>/undo/": "nothing is decided there",
    "POST api/projects/<project_id>/analytics/spikes/backtest/": "reads",
    "POST api/webhooks/<provider>/<integration_id>/": "a tracker's; kept as deliveries",
    "POST tasks/<task_id>/cancel/": "answers 503",
    "POST tasks/runs/<run_id>/cancel/": "answers 409",
}
"""Routes that write and leave no line in the world of `tests/tenants.py`, and why."""


def lines_of(world: World, route: str) -> list[str]:
    """What an admin's call writes into the trail; all it did is undone."""
    send = getattr(world.clients["admin"], route.partition(" ")[0].lower())
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    with transaction.atomic():
        send(url_of(route, world.ours.ids), body_of(route, world) or None)
        written = list(AuditEvent.objects.exclude(pk__in=before).values_list("action", flat=True))
        transaction.set_rollback(True)
    return written


def test_every_route_that_writes_leaves_a_line(world: World) -> None:
    writing = [route for route in API_ROUTES if not route.startswith("GET ")]

    assert {route for route in writing if not lines_of(world, route)} == SILENT.keys()
