"""Provider for Stack Overflow and its sister sites over the Stack Exchange API."""

from integrations.providers.stackoverflow.provider import StackOverflow

__all__ = ["StackOverflow"]
