"""Alerts of a project over the API: what was told, whom, and how that went."""
