"""Provider for Jira over REST: Cloud (version 3) and Data Center (version 2)."""

from integrations.providers.jira.provider import Jira

__all__ = ["Jira"]
