"""Settings of tracker requests and syncs."""

from diip.settings.environment import env

DIIP_PRIVATE_HOSTS = env.list("DIIP_PRIVATE_HOSTS", default=[])
"""Trackers with private addresses that are allowed, as `host:port`."""

DIIP_QUOTA_RESERVE = env.float("DIIP_QUOTA_RESERVE", default=0.2)
"""Share of a tracker's quota that syncs leave for users, from 0 to 1."""
DIIP_LEASE_SECONDS = env.int("DIIP_LEASE_SECONDS", default=90)
"""Seconds without a renewal until another worker takes over a run. Longer than one tracker
request (60 s); also the maximum delay after a worker was killed."""
DIIP_DELIVERIES_PER_MINUTE = env.int("DIIP_DELIVERIES_PER_MINUTE", default=60)
"""Webhook deliveries per integration that each web process accepts; a sync covers the rest."""
DIIP_CENSUS_HOURS = env.int("DIIP_CENSUS_HOURS", default=24)
"""Hours between censuses, which list all ids to find removed or missed issues."""
