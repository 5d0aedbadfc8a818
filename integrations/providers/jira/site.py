"""Location of a Jira: API root, web address and dialect.

The result of `check` is stored in the base URL, so that later passes need no request for it:
`…/rest/api/3` is Cloud, `…/rest/api/2` Data Center. Behind Atlassian's gateway the API has another
address than the site; the site then follows `#`, which is never sent.
"""

import re

import msgspec

_ASKED = re.compile(r"(?P<root>[^#]+)/rest/api/(?P<version>[23])(?:#(?P<site>.+))?")
# Paths below Jira's root that users copy from the browser's address bar.
_BELOW_ROOT = re.compile(
    r"/(?:browse|projects|issues|secure|plugins|rest|jira/(?:software|core|servicedesk|"
    r"your-work|for-you|dashboards|people))(?:[/?#].*)?$",
    re.IGNORECASE | re.DOTALL,
)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    root: str
    """URL to which `/rest/api/…` is appended."""
    is_cloud: bool
    site: str
    """URL to which `/browse/ABC-1` is appended."""

    @property
    def api(self) -> str:
        return f"{self.root}/rest/api/{3 if self.is_cloud else 2}"

    @property
    def base_url(self) -> str:
        """Storable form; `place_of` parses it."""
        return self.api if self.site == self.root else f"{self.api}#{self.site}"

    def browse(self, key: str) -> str:
        return f"{self.site}/browse/{key}"


def place_of(base_url: str) -> Place | None:
    """Parse a stored base URL; None if the server was not identified yet."""
    found = _ASKED.fullmatch(base_url)
    if found is None:
        return None
    root = found["root"]
    return Place(root=root, is_cloud=found["version"] == "3", site=found["site"] or root)


def root_of(site_url: str) -> str:
    """Return the root of the Jira that serves the given page."""
    return _BELOW_ROOT.sub("", site_url.strip()).rstrip("/")
