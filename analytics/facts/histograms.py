"""Histograms of durations: small, and exact to add and subtract.

Buckets are log-linear in whole seconds (as in HdrHistogram): exact below 64 s, then 32 to each
doubling. The middle of a bucket is within 1/64 of each duration in it, so a percentile read from
buckets is within 1.6 % of the same percentile (nearest rank) of the durations themselves. Only
integers are used: every machine and database agrees on the bucket.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

EXACT = 64
"""Seconds below which each second is a bucket of its own."""
PER_DOUBLING = 32
MAX_ERROR = 1 / (2 * PER_DOUBLING)
"""Largest relative error of a percentile."""
ENOUGH = 20
"""Smallest number of durations for a percentile; below it: `insufficient_data`."""

Counts = Mapping[int, int]


def bucket_of(seconds: int) -> int:
    """Return the bucket of a duration of 0 seconds or more."""
    if seconds < EXACT:
        return seconds
    shift = seconds.bit_length() - PER_DOUBLING.bit_length()
    return EXACT + (shift - 1) * PER_DOUBLING + (seconds >> shift) - PER_DOUBLING


def value_of(bucket: int) -> float:
    """Return the seconds in the middle of a bucket."""
    if bucket < EXACT:
        return float(bucket)
    shift, place = divmod(bucket - EXACT, PER_DOUBLING)
    width = 1 << (shift + 1)
    return (PER_DOUBLING + place) * width + (width - 1) / 2


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Percentiles in seconds; None if there are too few durations."""

    p50: float | None
    p75: float | None
    p90: float | None


def percentiles(counts: Counts) -> Percentiles:
    """Compute P50, P75 and P90 by nearest rank."""
    total = sum(counts.values())
    if total < ENOUGH:
        return Percentiles(None, None, None)
    return Percentiles(*(quantile(counts, percent) for percent in (50, 75, 90)))


def quantile(counts: Counts, percent: int) -> float:
    """Return the seconds at rank ceil(percent x n / 100), counted from 1.

    Raises ValueError if there are no durations.
    """
    rank = max(1, -(-percent * sum(counts.values()) // 100))
    for bucket in sorted(counts):
        rank -= counts[bucket]
        if rank <= 0:
            return value_of(bucket)
    raise ValueError("no durations")


def merge(parts: Iterable[Mapping[str, int]]) -> dict[int, int]:
    """Sum stored histograms, whose buckets are text."""
    merged: dict[str, int] = {}
    for part in parts:
        for bucket, count in part.items():
            merged[bucket] = merged.get(bucket, 0) + count
    return {int(bucket): count for bucket, count in merged.items()}
