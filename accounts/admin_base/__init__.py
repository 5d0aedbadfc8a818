"""Base classes and helpers for the admin pages of every app."""
