"""Requests to trackers and syncs."""

from diip.settings.environment import env

DIIP_PRIVATE_HOSTS = env.list("DIIP_PRIVATE_HOSTS", default=[])
"""`host:port` of trackers that are allowed although their address is not public."""

DIIP_QUOTA_RESERVE = env.float("DIIP_QUOTA_RESERVE", default=0.2)
"""The part of an upstream's quota that syncs leave to the people."""
DIIP_LEASE_SECONDS = env.int("DIIP_LEASE_SECONDS", default=90)
"""How long a worker may say nothing before another takes its run over: longer than one request to
a tracker may take (60 s), and the longest wait after a worker was killed."""
DIIP_DELIVERIES_PER_MINUTE = env.int("DIIP_DELIVERIES_PER_MINUTE", default=60)
"""Webhook deliveries of one integration that each web process takes; a sync finds the others."""
DIIP_CENSUS_HOURS = env.int("DIIP_CENSUS_HOURS", default=24)
"""How often all ids of a scope are listed, to find what vanished or was missed."""
