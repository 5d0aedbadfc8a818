"""Every action of the audit trail is in the documentation, and none stands there in vain."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "projects", "integrations", "issues", "analytics", "monitoring")
KINDS = "account|member|project|integration|channel|keys|export|quarantine|alert|task|sync"
EVENTS = {"alert.opened"}
"""What alerts tell channels: no deeds."""
VERBS = {"account": ("made", "changed", "deleted"), "project": ("added", "changed", "removed")}
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
