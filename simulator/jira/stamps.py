"""Times as Jira writes them."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=100_000)
def stamp(moment: int, zone: str) -> str:
    """2026-03-01T09:30:00.000-0800: no colon in the offset."""
    local = datetime.fromtimestamp(moment // 1000, UTC).astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%dT%H:%M:%S}.{moment % 1000:03d}{local:%z}"
