"""Conversion of inline wiki markup of Jira to Markdown.

Every pattern stops at its own delimiter, so that the time is linear in the line's length.
"""

import re

_MONO = re.compile(r"\{\{([^{}\n]+)\}\}")
_COLOUR = re.compile(r"\{color(?::[^{}\n]*)?\}")
_MENTION = re.compile(r"\[~(?:accountid:)?([^\[\]|\n]+)\]")
_LINK = re.compile(r"\[([^\[\]|\n]+)\|([^\[\]|\s]+)(?:\|[^\[\]\n]*)?\]")
_BARE_LINK = re.compile(r"\[((?:https?|ftp|mailto):[^\[\]|\s]+)\]", re.IGNORECASE)
_ATTACHMENT = re.compile(r"\[\^([^\[\]|\n]+)\]")
_IMAGE = re.compile(r"!([^\s!|][^!|\n]*\.\w{2,5})(?:\|[^!\n]*)?!")
_BOLD = re.compile(r"(?<![\w*])\*(?![\s*])([^*\n]*[^\s*])\*(?![\w*])")
_STRIKE = re.compile(r"(?<![\w-])-(?![\s-])([^-\n]*[^\s-])-(?![\w-])")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.]*://|mailto:|www\.|[/#])", re.IGNORECASE)


def inline(text: str) -> str:
    """Convert inline markup; text between {{ and }} becomes code."""
    pieces = _MONO.split(text)
    return "".join(f"`{each}`" if n % 2 else _marked(each) for n, each in enumerate(pieces))


def _marked(text: str) -> str:
    text = _COLOUR.sub("", text)
    text = _BOLD.sub(r"**\1**", text)
    text = _STRIKE.sub(r"~~\1~~", text)
    text = _IMAGE.sub(_image, text)
    text = _MENTION.sub(r"@\1", text)
    text = _ATTACHMENT.sub(r"[attachment: \1]", text)
    text = _LINK.sub(_link, text)
    return _BARE_LINK.sub(r"<\1>", text)


def _link(found: re.Match[str]) -> str:
    """Convert a link; brackets without a valid target stay unchanged."""
    text, target = found[1], found[2]
    if not _ADDRESS.match(target):
        return found[0]
    return f"<{target}>" if text == target else f"[{text}]({target})"


def _image(found: re.Match[str]) -> str:
    name = found[1]
    return f"![]({name})" if _ADDRESS.match(name) else f"[attachment: {name}]"
