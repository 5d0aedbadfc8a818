"""Registry of providers, one line each."""

from integrations.providers.contract.base import Http, Provider, Scope
from integrations.providers.github import GitHub
from integrations.providers.jira import Jira
from integrations.providers.stackoverflow import StackOverflow

PROVIDERS: dict[str, type[Provider]] = {
    GitHub.name: GitHub,
    Jira.name: Jira,
    StackOverflow.name: StackOverflow,
}


class UnknownProvider(KeyError):
    """Error: no provider has this name."""


def build(provider: str, scope: Scope, http: Http) -> Provider:
    """Build the named provider for one scope. Raises UnknownProvider."""
    if provider not in PROVIDERS:
        raise UnknownProvider(provider)
    return PROVIDERS[provider](scope, http)
