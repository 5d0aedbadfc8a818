"""Provider for GitHub and GitHub Enterprise over REST."""

from integrations.providers.github.provider import GitHub

__all__ = ["GitHub"]
