"""Who reports, answers and closes: maintainers, a long tail of reporters, bots, a ghost."""

from typing import Literal

import msgspec

from simulator.seeded_random import Dice, key_of, mix

_FIRST = (
    "ada", "aiko", "amara", "anton", "bea", "benno", "carla", "chidi", "dara", "dmitri", "edda",
    "elio", "esra", "fadi", "femi", "finn", "greta", "hana", "hugo", "ilse", "imran", "ines",
    "ivo", "jana", "jonas", "kai", "keiko", "lars", "leila", "lena", "luca", "maja", "malik",
    "mara", "mei", "milo", "nadia", "nils", "noor", "olga", "omar", "pavel", "petra", "quinn",
    "rafa", "rhea", "rosa", "sana", "sefa", "sven", "tariq", "thea", "tomas", "uma", "vera",
    "viktor", "wanda", "xenia", "yara", "zeno",
)  # fmt: skip
_SECOND = (
    "adler", "arc", "bakes", "birch", "bits", "brook", "byte", "codes", "coil", "crane", "dev",
    "drift", "dune", "ember", "fern", "field", "flux", "forge", "fox", "gale", "grid", "grove",
    "hart", "hex", "hill", "hub", "iris", "jay", "kite", "lab", "lane", "larch", "loop", "lynx",
    "marsh", "mesa", "mint", "moss", "node", "north", "oak", "ops", "otter", "park", "peak",
    "pike", "pine", "quill", "reed", "ridge", "root", "sand", "slate", "stack", "stone", "tern",
    "tide", "vale", "wren", "yard",
)  # fmt: skip

Style = Literal["careful", "terse", "chatty", "logs", "lowercase", "emoji"]
_STYLES: tuple[Style, ...] = (
    "careful", "careful", "terse", "chatty", "chatty", "logs", "lowercase", "emoji",
)  # fmt: skip
SYSTEMS = (
    "Ubuntu 24.04", "Debian 12", "Fedora 42", "Arch Linux", "macOS 15.4 (arm64)", "macOS 14.7",
    "Windows 11 24H2", "Windows Server 2022", "Alpine 3.21 in Docker", "NixOS 25.05",
)  # fmt: skip


class Person(msgspec.Struct, frozen=True):
    """An account, and the habits its owner writes with."""

    login: str
    id: int
    bot: bool = False
    style: Style = "careful"
    system: str = SYSTEMS[0]
    association: str = "NONE"


GHOST = Person("ghost", 10137)
DEPENDABOT = Person("dependabot[bot]", 49699333, bot=True)
STALE_BOT = Person("stale[bot]", 26384082, bot=True)
TRIAGE_BOT = Person("engine-triage[bot]", 88231507, bot=True)
_BOTS = {bot.login: bot for bot in (DEPENDABOT, STALE_BOT, TRIAGE_BOT)}


class People:
    """Everybody around one repository, by number: nobody is stored."""

    def __init__(self, seed: int, count: int) -> None:
        self._key = key_of(seed, "people")
        self._reporters = max(12, min(count // 6, 40_000))
        self._team = 6 if count < 500 else 14
        self._numbered: dict[int, Person] = {}
        self._known: dict[str, Person] = dict(_BOTS) | {"ghost": GHOST}

    def reporter(self, key: int) -> Person:
        """Few report often, many once."""
        share = (mix(key, 1) % 10_000) / 10_000
        return self._person(self._team + int(self._reporters * share**2.4))

    def maintainer(self, key: int) -> Person:
        share = (mix(key, 2) % 10_000) / 10_000
        return self._person(int(self._team * share**1.6))

    def by_login(self, login: str) -> Person:
        """Also accounts that only a change from outside has named."""
        return self._known.setdefault(login, Person(login, 90_000_000 + key_of(login) % 9_000_000))

    def _person(self, index: int) -> Person:
        known = self._numbered.get(index)
        if known is None:
            dice = Dice(mix(self._key, index, 3))
            known = Person(
                self._login(index),
                id=1_000 + index * 977 + dice.roll(900),
                style=dice.pick(_STYLES),
                system=dice.pick(SYSTEMS),
                association=_association(index, self._team),
            )
            self._numbered[index] = self._known[known.login] = known
        return known

    def _login(self, index: int) -> str:
        pairs = len(_FIRST) * len(_SECOND)
        spot = (index * 1013 + self._key) % pairs  # 1013 shares no factor with 3600
        name = f"{_FIRST[spot % 60]}-{_SECOND[spot // 60]}"
        return name if index < pairs else f"{name}{index // pairs + 1}"


def _association(index: int, team: int) -> str:
    if index < team:
        return "MEMBER"
    return "CONTRIBUTOR" if index < team * 6 else "NONE"
