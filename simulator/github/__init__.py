"""A GitHub: its past, what changed since, and how it answers."""
