"""Individual and batched requests for issues with a discrepancy."""

from integrations.providers.contract.base import Gone, IssueRef
from issues.sync.reconcile import Discrepancy, with_answers


class BatchProvider:
    """Provider that answers many issues per request and records the batch sizes."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def fetch_many(self, refs):
        self.batches.append(len(refs))
        return {ref.source_issue_id: Gone(reason="deleted") for ref in refs}


def test_issues_are_requested_in_batches_of_100():
    provider = BatchProvider()
    refs = [IssueRef(source_issue_id=str(number)) for number in range(250)]

    answers = list(with_answers(provider, [Discrepancy(ref, None) for ref in refs]))

    assert provider.batches == [100, 100, 50]
    assert all(answer == Gone(reason="deleted") for _, answer in answers)
