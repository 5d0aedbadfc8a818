"""GitHub's published examples are read, and issue events name their issue."""

import json
import lzma
from pathlib import Path

import pytest

from integrations.providers.github.webhooks import GitHubWebhooks

EXAMPLES = (
    Path(__file__).resolve().parents[3] / "shared/data/recorded/github_webhook_examples.jsonl.xz"
)

pytestmark = pytest.mark.skipif(
    not EXAMPLES.exists(), reason="the published deliveries, third-party, are not on this machine"
)


def test_every_example_is_read():
    with lzma.open(EXAMPLES, "rt") as lines:
        examples = [json.loads(line) for line in lines]

    for example in examples:
        body, headers = (
            json.dumps(example["payload"]).encode(),
            {"x-github-event": example["event"]},
        )
        notice = GitHubWebhooks().read(headers, body)
        issue = example["payload"].get("issue")
        is_ours = example["event"] in ("issues", "issue_comment") and issue
        expected = [str(issue["id"])] if is_ours and "pull_request" not in issue else []
        assert [ref.source_issue_id for ref in notice.issues] == expected, example["event"]
    assert len(examples) == 42
