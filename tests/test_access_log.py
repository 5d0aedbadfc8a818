"""The web server's own access log: a line a request, and nothing that is secret in it."""

from pathlib import Path

import pytest

from tests.platform import Platform

pytestmark = pytest.mark.e2e
SIGNATURE = "signature-of-a-report-link"
WORDS = "words-somebody-searches-for"


def test_a_line_holds_no_query(
    tmp_path: Path, database_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "access.log"
    monkeypatch.setenv("ACCESS_LOG", str(log))
    with Platform(tmp_path / "var", database_url, simulator=False) as platform:
        path = "/api/projects/1/analytics/report/"
        platform.api("GET", f"{path}?link={SIGNATURE}&q={WORDS}")
        platform.api("GET", f"/static/none.css?link={SIGNATURE}")
        platform.wait_for(lambda: "none.css" in log.read_text())

    told = log.read_text() + platform.log
    assert path in told
    assert SIGNATURE not in told
    assert WORDS not in told
