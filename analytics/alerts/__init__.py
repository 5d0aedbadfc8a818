"""Alerts: detection (`sync_alerts`), queueing (`outbox`) and delivery (`delivery`, `senders`).

Syncs call nothing here. A schedule checks spikes and integrations.
"""
