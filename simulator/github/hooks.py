"""Changes that happen by themselves while somebody reads a feed."""

import re
from collections.abc import Callable

import msgspec


class _Hook(msgspec.Struct):
    pattern: re.Pattern[str]
    after: int
    act: Callable[[], object]
    seen: int = 0


class Hooks:
    """Each hook fires once, after the k-th answered request whose path matches."""

    def __init__(self) -> None:
        self._hooks: list[_Hook] = []

    def between_pages(self, path: str, *, after: int, act: Callable[[], object]) -> None:
        """`act` runs after the `after`-th request from now on whose path matches (a regex)."""
        self._hooks.append(_Hook(re.compile(path), after, act))

    def answered(self, path: str) -> None:
        for hook in list(self._hooks):
            if hook.pattern.search(path):
                hook.seen += 1
                if hook.seen == hook.after:
                    self._hooks.remove(hook)
                    hook.act()

    def clear(self) -> None:
        self._hooks.clear()
