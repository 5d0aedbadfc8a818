"""Where a Jira is: the root of its API, the address people open, and which dialect it speaks.

What `check` found out is kept in the base address itself, so that no later request is spent on
it: `…/rest/api/3` is Cloud, `…/rest/api/2` Data Center. Behind Atlassian's gateway the API lives
elsewhere than the site; the site then stands behind `#`, which is never sent.
"""

import re

import msgspec

_ASKED = re.compile(r"(?P<root>[^#]+)/rest/api/(?P<version>[23])(?:#(?P<site>.+))?")
# What people copy from the browser's address line, below the address Jira itself has.
_BELOW_ROOT = re.compile(
    r"/(?:browse|projects|issues|secure|plugins|rest|jira/(?:software|core|servicedesk|"
    r"your-work|for-you|dashboards|people))(?:[/?#].*)?$",
    re.IGNORECASE | re.DOTALL,
)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    root: str
    """What `/rest/api/…` is appended to."""
    is_cloud: bool
    site: str
    """What `/browse/ABC-1` is appended to."""

    @property
    def api(self) -> str:
        return f"{self.root}/rest/api/{3 if self.is_cloud else 2}"

    @property
    def base_url(self) -> str:
        """The form to remember; `place_of` reads it."""
        return self.api if self.site == self.root else f"{self.api}#{self.site}"

    def browse(self, key: str) -> str:
        return f"{self.site}/browse/{key}"


def place_of(base_url: str) -> Place | None:
    """What a remembered address says; None: it has not been asked yet what it is."""
    found = _ASKED.fullmatch(base_url)
    if found is None:
        return None
    root = found["root"]
    return Place(root=root, is_cloud=found["version"] == "3", site=found["site"] or root)


def root_of(site_url: str) -> str:
    """The address of the Jira that a page of it lies under."""
    return _BELOW_ROOT.sub("", site_url.strip()).rstrip("/")
