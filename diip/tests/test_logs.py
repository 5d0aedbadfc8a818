"""Log lines: one JSON object each, with ids, without secrets; logging never fails."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from diip.common.observability.context import bind, clear
from diip.common.observability.logs import LineFormatter, QuietHandler, logging_settings

PLANTED = "ghp_PlantedPlantedPlanted0123456789abcd"


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    handler = QuietHandler()
    handler.setFormatter(LineFormatter(as_json=True))
    logger = logging.Logger("diip.tests.lines", "INFO")  # noqa: LOG001 - its records go nowhere else
    logger.addHandler(handler)
    clear()
    yield logger
    clear()


def test_line_is_one_object_with_ids(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    bind(request_id="r-12345678", project_id=7)

    logger.warning("Run %s\nis parked", 3, extra={"pages": 12})
    structlog.wrap_logger(logger).info("done", duration_ms=5)

    first, second = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert first["event"] == "Run 3\nis parked"
    assert first["level"] == "warning"
    assert first["logger"] == logger.name
    assert {first["request_id"], first["project_id"], first["pages"]} == {"r-12345678", 7, 12}
    assert (second["event"], second["duration_ms"], second["project_id"]) == ("done", 5, 7)


def test_line_contains_no_secrets(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise RuntimeError(f"refused {PLANTED}")
    except RuntimeError:
        logger.exception("with %s", PLANTED, extra={"headers": {"Authorization": "abcdefgh"}})
    structlog.wrap_logger(logger).error("again", token="abcdefgh", deep=[{"x": PLANTED}])

    written = capsys.readouterr().err
    assert PLANTED not in written
    assert "abcdefgh" not in written
    assert "Traceback" in written
    assert len(written.splitlines()) == 2


class Unprintable:
    def __str__(self) -> str:
        raise ZeroDivisionError


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_unformattable_object_does_not_raise(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logger.error("%s", Unprintable())
    logger.error("%d items", "no number")
    logger.error("fine")

    lines = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["A log line could not be formatted."] * 2 + ["fine"]


def test_full_disk_and_closed_output_do_not_raise(
    logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = io.StringIO()
    closed.close()

    for broken in (FullDisk(), closed, None):
        monkeypatch.setattr(sys, "stderr", broken)
        logger.error("unread")


def test_any_characters_are_written(
    logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(raw, encoding="ascii"))

    logger.error("Grüße \ud800")

    assert b"Gr\\u00fc\\u00dfe \\ud800" in raw.getvalue()


def test_sql_parameters_are_never_logged() -> None:
    loggers = logging_settings(level="DEBUG", as_json=True)["loggers"]

    assert isinstance(loggers, dict)
    assert loggers["django.db.backends"]["level"] == "WARNING"
