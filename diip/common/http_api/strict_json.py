"""JSON decoding with limits for untrusted input. Plain Python.

The limits refuse nesting that overflows the stack, lone surrogates and NUL characters that
databases store differently, and numbers too large for a column.
"""

import itertools
import json
import re
from collections.abc import Iterator

import msgspec

# An unterminated string matches to the end, so that no body is scanned twice.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?+', re.DOTALL)
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(set(range(256)) - _STEP.keys())
# NUL and surrogates need an escape; a number out of range needs a long run of digits.
_SUSPICIOUS = re.compile(rb"\\u|\d{19}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_LARGEST = 2**63


class JsonRefused(ValueError):
    """Refused body; the message gives the reason without quoting a value."""


def guarded_loads(body: bytes, *, max_depth: int = 50) -> object:
    """Decode a JSON body. Raises JsonRefused."""
    if _depth(body) > max_depth:
        raise JsonRefused(f"The JSON is nested deeper than {max_depth} levels.")
    try:
        value: object = msgspec.json.decode(body)
    except UnicodeDecodeError as error:
        raise JsonRefused("The body is not UTF-8.") from error
    except msgspec.MsgspecError as error:
        raise JsonRefused(_explain(body, error)) from error
    if _SUSPICIOUS.search(body):
        _refuse_faults(value)
    return value


def _depth(body: bytes) -> int:
    if body.count(b"[") + body.count(b"{") <= 1:
        return 1
    brackets = _STRING.sub(b"", body).translate(None, _NO_BRACKETS)
    return max(itertools.accumulate(map(_STEP.__getitem__, brackets)), default=0)


def _explain(body: bytes, error: msgspec.MsgspecError) -> str:
    """Explain a decoding error; the lenient parser locates lone surrogates, msgspec does not."""
    try:
        _refuse_faults(json.loads(body))
    except JsonRefused as fault:
        return str(fault)
    except ValueError:
        pass
    return f"The body is not valid JSON: {error}."


def _refuse_faults(value: object) -> None:
    for fault in _faults(value, "$"):
        raise JsonRefused(fault)


def _faults(value: object, path: str) -> Iterator[str]:
    """Yield values that cannot be stored, with their path. Recursion is bounded by `_depth`."""
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            yield f"The text at {path} contains a NUL character or a lone surrogate. Remove it."
    elif isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        yield f"The number at {path} does not fit into 64 bits."
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            own = f"{path}.{ascii(key)[1:-1][:60]}"
            yield from _faults(key, f"{own} (the name itself)")
            yield from _faults(item, own)
