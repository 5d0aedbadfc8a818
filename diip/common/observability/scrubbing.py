"""Removal of secrets from output text, by field name, by shape and by known value.

Applies to log lines, Sentry events and failure texts. Secrets become `***`; scrubbing is
idempotent. Cheap on text without secrets: a regular expression runs only if the text contains one
of its needles.
"""

import re
from collections import deque
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote

FILTERED: Final = "***"
MAX_DEPTH: Final = 12
"""Nesting limit; deeper values, possibly circular, are replaced entirely."""
MIN_KNOWN_LENGTH: Final = 6
"""Minimum length of known secrets; shorter ones would match ordinary words."""

# --- by name --------------------------------------------------------------------------------------

_NAMES = (
    r"token|secret|passwd|password|passphrase|pwd|authorization|cookie|credential|signature|dsn"
    r"|api[ _-]?key|jwt|session_?id|ciphertext|x-hub-signature-256|otp"
)
_INNOCENT_KEYS = tuple(
    re.findall(
        r"\w+",
        "project issue source public primary foreign sort cache routing idempotency unique group"
        " quota dedup natural partition thread content index",
    )
)
_IS_SECRET = re.compile(rf"(?i)(?:{_NAMES})s?[\d_-]*$")
_IS_KEY = re.compile(r"(?:(?i:(?<![a-z])keys?)|(?<=[a-z])Keys?)[\d_-]*$")
_ISSUE_KEY = re.compile(r"[A-Z][A-Z0-9_]*-\d{1,7}|#?\d{1,7}")


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return True for names of secrets, such as `X-Api-Key` or `newPassword1`."""
    if _IS_SECRET.search(name):
        return True
    key = _IS_KEY.search(name)
    before = name[: key.start()].rstrip("_-. ").lower() if key else ""
    return key is not None and not before.endswith(_INNOCENT_KEYS)


# --- by shape -------------------------------------------------------------------------------------


class _Rule(NamedTuple):
    needles: tuple[str, ...]
    """Lower-case strings; the pattern matches only texts with one of them."""
    pattern: re.Pattern[str]
    replacement: str


_QUOTED = r"(?P<q>\\*[\"'])(?:(?!(?P=q))\\.|(?!(?P=q)).)*"
# Ordinary words after a colon in prose ("the token: the old one expired"), not secrets.
_PROSE = (
    r"(?!(?:the|a|an|it|is|was|not|no|none|null|true|false|this|that|your|of|in|on|for|and|or|must"
    r"|may|expired|invalid|missing|required|wrong|unknown|\*\*\*)(?![\w-]))"
)
_VALUE = (
    rf"(?:[bru]{{0,2}}{_QUOTED}|\[[^\]]*\]?|\([^)]*\)?|\{{[^}}]*\}}?"
    rf"|{_PROSE}(?:(?:bearer|basic|token|digest)\s+)?[^\s,;&\"'<>(){{}}\[\]\\|]+)"
)
_ASSIGNED = r"(?P<n>\\*[\"']?\]?\s*(?:=>|:=|[=:])\s*|\\*[\"']\s*,\s*(?=[bru]?\\*[\"']))"
_NOT_INNOCENT = "".join(rf"(?<!{word}[_-])" for word in _INNOCENT_KEYS)


def _rule(needles: str, pattern: str, replacement: str = FILTERED) -> _Rule:
    compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return _Rule(tuple(needles.split()), compiled, replacement)


_RULES: Final = (
    _rule(
        "token secret passwd password passphrase pwd authorization credential signature dsn key jwt"
        " session ciphertext otp",
        rf"(?P<w>(?:{_NAMES.replace('|cookie', '')})s?[\d_-]{{0,9}}){_ASSIGNED}{_VALUE}",
        rf"\g<w>\g<n>\g<q>{FILTERED}",
    ),
    _rule(
        "key",
        rf"(?P<w>(?:(?<=[?&\"'_-])|(?<!\w)(?=keys?=)){_NOT_INNOCENT}keys?[\d_-]{{0,9}}){_ASSIGNED}"
        rf"(?!\\*[\"']?(?:(?-i:[A-Z][A-Z0-9_]*-\d{{1,7}})|#?\d{{1,7}})(?![\w-])){_VALUE}",
        rf"\g<w>\g<n>\g<q>{FILTERED}",
    ),
    # A cookie value contains `=` and `;`: unquoted, it ends with the line.
    _rule(
        "cookie",
        rf"(?P<w>cookies?){_ASSIGNED}(?:[bru]?{_QUOTED}|[^\r\n\"']+)",
        rf"\g<w>\g<n>\g<q>{FILTERED}",
    ),
    _rule("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"(?:gh[pousr]_|github_pat_)[\w-]{3,}"),
    _rule("atatt atctt atbb", r"A(?:TATT|TCTT|TBB)[\w=+/-]{3,}"),
    _rule("glpat whsec xox xapp", r"(?:glpat-|whsec_|xox[a-z]-|xapp-)[\w=+/-]{3,}"),
    _rule("slack.com/", r"(hooks\.slack\.com/)[\w%-]+/[\w%/.-]+", rf"\g<1>{FILTERED}"),
    # A JSON object in base64, the start of a JWT, complete or truncated.
    _rule("eyj", r"(?-i:eyJ)[\w-]{8,}(?:\.[\w-]*){0,4}"),
    _rule("gaaaa", r"(?-i:gAAAA)[\w-]{8,}={0,2}"),
    # A Fernet key: 32 bytes in base64.
    _rule("=", r"(?<![\w+/-])(?:[\w-]{43}|[\w+/]{43})=(?![\w=])"),
    _rule(
        "bearer basic digest",
        r"\b(bearer|basic|digest)(\s+|%20)(?!(?-i:[a-z]{1,20}(?![\w.~+/=%-])))(?!authentication\b)"
        r"[\w.~+/=%-]{4,}",
        rf"\g<1>\g<2>{FILTERED}",
    ),
    _rule("://", r"(://)[^\s/?#\"'<>\\]*@", rf"\g<1>{FILTERED}@"),
    _rule("begin", r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|$)"),
    # PostgreSQL quotes the row it refused.
    _rule("failing row contains", r"(Failing row contains) \(.*", rf"\g<1> ({FILTERED})"),
    _rule(") already exists", r"(Key \([^)]*\)=)\(.*?\)( already)", rf"\g<1>({FILTERED})\g<2>"),
)

# --- by value -------------------------------------------------------------------------------------

_known: set[str] = set()
_seen: deque[str] = deque(maxlen=128)


def know_secrets(values: Iterable[str]) -> None:
    """Register keys and passwords of this process permanently."""
    for value in values:
        _known.update(_spellings(value))


def remember_secret(value: str) -> None:
    """Register a decrypted secret; keeps the last 128 spellings."""
    for spelling in _spellings(value):
        if spelling not in _seen:
            _seen.append(spelling)


def _spellings(value: str) -> set[str]:
    if len(value) < MIN_KNOWN_LENGTH:
        return set()
    return {value, quote(value, safe=""), quote(value), value.replace("\\", "\\\\")}


# --- the filter -----------------------------------------------------------------------------------


def scrub_text(text: str) -> str:
    """Replace every secret in the text by `***`."""
    for value in (*_known, *_seen):
        if value in text:
            text = text.replace(value, FILTERED)
    lowered = text.lower()
    for needles, pattern, replacement in _RULES:
        if any(needle in lowered for needle in needles):
            text = pattern.sub(replacement, text)
    return text


def scrub(value: object, *, depth: int = 0) -> object:
    """Scrub nested values; types unknown to JSON become scrubbed text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return scrub_text(value)
    if depth >= MAX_DEPTH:
        return FILTERED
    if isinstance(value, Mapping):
        return {_key(name): _under(name, item, depth) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return _sequence(list(value), depth)
    return scrub_text(value.decode(errors="replace") if isinstance(value, bytes) else str(value))


def _key(name: object) -> str:
    return scrub_text(name) if isinstance(name, str) else str(name)


def _under(name: object, value: object, depth: int) -> object:
    is_secret = is_secret_name(name if isinstance(name, str) else _key(name))
    if not is_secret or value is None or isinstance(value, bool):
        return scrub(value, depth=depth + 1)
    is_issue_key = isinstance(value, str) and _ISSUE_KEY.fullmatch(value) and str(name) == "key"
    return value if is_issue_key else FILTERED


def _sequence(items: list[object], depth: int) -> list[object]:
    """Scrub a sequence; a pair may be a header name with its value."""
    if len(items) == 2 and isinstance(items[0], str) and is_secret_name(items[0]):
        return [items[0], FILTERED]
    return [scrub(item, depth=depth + 1) for item in items]
