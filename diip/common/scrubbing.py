"""Takes secrets out of text before it is stored or logged."""

import re

_KNOWN = re.compile(r"(?i)\b(gh[opsu]_|github_pat_|xox[abp]-|bearer\s+|basic\s+)[\w.\-+/=]{8,}")
_NAMED = re.compile(r"(?i)\b(token|secret|password|key|authorization)(['\"]?\s*[=:]\s*)\S+")


def scrub_text(text: str) -> str:
    return _NAMED.sub(r"\1\2[removed]", _KNOWN.sub("[removed]", text))
