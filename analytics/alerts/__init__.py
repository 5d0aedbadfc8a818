"""Telling people: what is told (`raising`), where it stands until it is (`outbox`), and how it
gets there (`delivering`, `senders`).

Nothing here is called by a sync: spikes and integrations are looked at on a schedule.
"""
