"""Sync engine: stores an integration's feeds without losing or inventing issues."""
