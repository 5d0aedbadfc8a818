"""The words of each product area, read from `words/`; the format is plain to see in any of them.

Several ways to say one thing stand side by side, divided by `|`: two people who report the same
problem choose different ones.
"""

from functools import cache
from pathlib import Path

import msgspec

AREAS = (
    "auth", "parser", "sync", "ui", "packaging", "performance", "api", "storage", "cli", "search",
    "network", "plugins",
)  # fmt: skip
_FOLDER = Path(__file__).parent / "words"
Ways = tuple[str, ...]


class Symptom(msgspec.Struct, frozen=True):
    """What goes wrong, the message it leaves, and what a maintainer will find."""

    ways: Ways
    error: str
    cause: str


class Wish(msgspec.Struct, frozen=True):
    ways: Ways
    reason: str


class Ask(msgspec.Struct, frozen=True):
    ways: Ways
    answer: str


class Area(msgspec.Struct, frozen=True):
    name: str
    components: Ways
    settings: Ways
    symptoms: tuple[Symptom, ...]
    triggers: tuple[Ways, ...]
    wishes: tuple[Wish, ...]
    asks: tuple[Ask, ...]
    docs: tuple[Ways, ...]


@cache
def area_named(name: str) -> Area:
    lines: dict[str, list[list[str]]] = {}
    for line in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.partition(": ")
        lines.setdefault(kind, []).append(rest.split(" => "))
    return Area(
        name,
        components=_ways(lines["components"][0][0]),
        settings=_ways(lines["settings"][0][0]),
        symptoms=tuple(Symptom(_ways(ways), *rest) for ways, *rest in lines["symptom"]),
        triggers=tuple(_ways(ways) for (ways,) in lines["trigger"]),
        wishes=tuple(Wish(_ways(ways), *rest) for ways, *rest in lines["feature"]),
        asks=tuple(Ask(_ways(ways), *rest) for ways, *rest in lines["question"]),
        docs=tuple(_ways(ways) for (ways,) in lines["docs"]),
    )


@cache
def phrases(kind: str) -> tuple[str, ...]:
    """Sentences with gaps, from `words/phrases.txt`; `\\n` in the file is a new line."""
    lines = (_FOLDER / "phrases.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(":") for line in lines)
    return tuple(text.strip().replace("\\n", "\n") for name, _, text in pairs if name == kind)


def _ways(text: str) -> Ways:
    return tuple(text.split(" | "))


CONDITIONS: tuple[Ways, ...] = (
    ("It happens about once a day.", "Roughly once every 24 hours."),
    ("It happens every time.", "I can reproduce it 10 out of 10 times.", "100 % reproducible."),
    ("Only one of our three servers is affected.", "Two other machines with the same set-up work."),
    ("A colleague sees the same on another machine.", "I am not the only one here who has this."),
    ("Restarting helps for an hour or so.", "After a restart it is fine for a while."),
    (
        "It began last week, without a change on our side.",
        "Nothing was changed here, as far as I know.",
    ),
    (
        "A fresh installation behaves the same way.",
        "I tried an empty data directory: no difference.",
    ),
    ("With the debug build it does not happen.", "Strangely it works with debugging switched on."),
    ("The first run is always fine, the second one fails.", "It never fails the first time."),
    ("Only the administrator account is not affected.", "As an admin I cannot reproduce it."),
    ("We are 40 people and all of us see it.", "The whole department is affected."),
    ("It depends on the order in which files arrive.", "Sometimes the order of events hides it."),
    ("Turning the cache off makes no difference.", "I also tried without the cache, same thing."),
    (
        "It went unnoticed for months, so it may be old.",
        "Old logs show it at the start of the year, too.",
    ),
)
OUTCOMES: tuple[str, ...] = (
    "It should simply work.", "No error, and the result stays the same.",
    "The {component} should cope with that.", "A clear message instead of this.",
    "The same behaviour as in {before}.", "At least the documentation should mention it.",
    "It should either work or refuse, but not do something in between.",
    "The setting `{setting}` should be respected.", "Nothing should be lost.",
)  # fmt: skip
DEPENDENCIES: tuple[str, ...] = (
    "serde", "tokio", "axum", "rustls", "sqlx", "tracing", "clap", "regex", "time", "uuid",
    "actions/checkout", "vite", "typescript", "eslint", "react", "msgpack", "ruff", "pytest",
)  # fmt: skip
SCOPES: tuple[Ways, ...] = (
    ("for guests", "for people without an account"),
    ("on mobile", "on a phone"),
    ("from the command line", "without opening the browser"),
    ("for each project separately", "per project"),
    ("for archived folders", "in the archive"),
    ("for administrators", "for those who run the server"),
    ("in the REST API", "over HTTP"),
    ("for large teams", "with hundreds of users"),
    ("on Windows", "for Windows users"),
    ("in the Docker image", "when running in a container"),
    ("for read-only members", "for people who may only look"),
    ("for scheduled jobs", "for jobs that run at night"),
    ("in the export", "when data is exported"),
    ("for shared links", "for links that were given to others"),
    ("during the first set-up", "in the installation wizard"),
    ("for plug-in authors", "for those who write extensions"),
    ("in e-mail notifications", "in the mails it sends"),
    ("behind a reverse proxy", "with nginx in front"),
)
EDITIONS: tuple[Ways, ...] = (
    ("in the German translation", "in the German manual"),
    ("in the PDF version", "in the PDF"),
    ("in the quick start", "on the first pages"),
    ("in the reference", "in the reference part"),
    ("in the page for 3.2", "in the manual of 3.2"),
    ("in the administrator's guide", "in the guide for admins"),
    ("in the README", "on the project's front page"),
    ("in the man page", "in the built-in help"),
    ("in the Japanese translation", "in the Japanese manual"),
    ("in the migration guide", "in the notes for upgrading"),
)
