"""Issue references in text: addresses, `owner/name#5`, keys of connected Jira projects.

The whole text is searched, code blocks too: stack traces and logs often name the other issue. A
plain `#12` is ignored (it may be a pull request, a step or a colour), and so are keys of
unconnected projects (`UTF-8`).
"""

import re
from functools import lru_cache

from issues.references.issue_refs import Name, Trackers

MAX_MENTIONS = 50
"""Limit per issue; changelogs and bots name hundreds."""
_IN_ADDRESSES = ("/issues/", "/browse/", "/questions/", "/q/")
_NUMBERED = re.compile(r"#\d")
_REPOSITORY = re.compile(r"(?<![\w./@-])[\w-]{1,39}/[\w.-]{1,100}$", re.ASCII)
_LONGEST_REPOSITORY = 141
_ENDING = ".,;:!?'*_"


def find_mentions(trackers: Trackers, *texts: str) -> list[Name]:
    """Return each referenced issue once, in text order."""
    found: dict[str, Name] = {}
    for text in texts:
        if not _may_mention(trackers, text):
            continue
        for match in _pattern(trackers.jira_prefixes).finditer(text):
            name = _read(trackers, text, match)
            if name:
                found.setdefault(name.ref, name)
            if len(found) >= MAX_MENTIONS:
                return list(found.values())
    return list(found.values())


def _may_mention(trackers: Trackers, text: str) -> bool:
    """Pre-filter texts, at a hundredth of the cost of the search."""
    if "://" in text and any(part in text for part in _IN_ADDRESSES):
        return True
    if "#" in text and _NUMBERED.search(text):
        return True
    return any(prefix in text for prefix in trackers.jira_prefixes)


@lru_cache(maxsize=64)
def _pattern(jira_prefixes: tuple[str, ...]) -> re.Pattern[str]:
    """Build the pattern; whole addresses match, so keys inside them do not."""
    kinds = [r"://(?P<address>[^\s<>\"`|\\()\[\]]{1,1000})", r"#(?P<number>\d{1,10})(?!\w)"]
    if jira_prefixes:
        kinds.append(rf"(?<![\w-])(?P<key>(?:{'|'.join(jira_prefixes)})\d{{1,10}})(?!\w)")
    return re.compile("|".join(kinds), re.ASCII)


def _read(trackers: Trackers, text: str, match: re.Match[str]) -> Name | None:
    if match.lastgroup == "address":
        scheme = "http" if text.endswith("http", 0, match.start()) else "https"
        return trackers.of_address(f"{scheme}://{match['address'].rstrip(_ENDING)}")
    if match.lastgroup == "key":
        return trackers.of_key(match["key"])
    before = text[max(0, match.start() - _LONGEST_REPOSITORY) : match.start()]
    repository = _REPOSITORY.search(before)
    return trackers.of_repository(repository[0], match["number"]) if repository else None
