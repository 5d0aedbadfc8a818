"""Which providers there are: one line each."""

from integrations.providers.base import Http, Provider, Scope
from integrations.providers.github import GitHub

PROVIDERS: dict[str, type[Provider]] = {
    GitHub.name: GitHub,
}


class UnknownProvider(KeyError):
    """No provider has this name."""


def build(provider: str, scope: Scope, http: Http) -> Provider:
    """The provider of that name over one scope."""
    if provider not in PROVIDERS:
        raise UnknownProvider(provider)
    return PROVIDERS[provider](scope, http)
