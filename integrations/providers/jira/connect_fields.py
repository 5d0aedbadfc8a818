"""User inputs for connecting a Jira project."""

import re
from collections.abc import Mapping
from typing import Any

from integrations.providers.contract.base import ConnectInput, ProviderConfigError, Scope
from integrations.providers.jira.site import root_of

_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,79}", re.ASCII)
INPUTS = (
    ConnectInput(
        name="site_url",
        kind="url",
        required=True,
        help="Address of your Jira: https://your-site.atlassian.net, or your own server.",
    ),
    ConnectInput(
        name="project_key",
        kind="text",
        required=True,
        help="Prefix of the issue keys: ABC of ABC-12.",
        max_length=80,
    ),
    ConnectInput(
        name="token",
        kind="token",
        required=True,
        help="Cloud: an API token. Data Center: a personal access token.",
    ),
    ConnectInput(
        name="email",
        kind="account",
        help="Cloud only: e-mail address of the token's account.",
    ),
)


def scope_of(given: Mapping[str, Any]) -> Scope:
    key = str(given["project_key"]).strip().upper()
    if not _KEY.fullmatch(key):
        raise ProviderConfigError(
            "A project key has only letters, digits and underscores: ABC of ABC-12."
        )
    return Scope(
        base_url=root_of(given["site_url"]),
        scope=key,
        token=given["token"],
        account=(given.get("email") or "").strip(),
    )
