"""Bodies of issues and pull requests, by kind and by the reporter's habits."""

from collections.abc import Callable

import msgspec

from simulator.seeded_random import Dice

from .facts import Facts, Telling, style
from .people import Person
from .vocabulary import phrases

_HEADS = (
    ("### Describe the bug", "### Steps to reproduce", "### Expected behavior",
     "### Actual behavior", "### Environment"),
    ("**What happened**", "**How to reproduce**", "**What I expected**", "**What I got**",
     "**Versions**"),
    ("## Summary", "## Steps", "## Expected", "## Actual", "## Environment"),
)  # fmt: skip


class _Filled(msgspec.Struct, frozen=True):
    """What sentences are filled with."""

    person: Person
    facts: Facts
    dice: Dice


def body(telling: Telling, facts: Facts, dice: Dice) -> str:
    write = {"feature": _feature, "question": _question, "docs": _docs, "pull": _pull,
             "bot_pull": _bot_pull}.get(telling.kind, _bug)  # fmt: skip
    text = write(telling.person, facts, dice)
    return text.lower() if telling.person.style == "lowercase" else text


def _fill(text: str, person: Person, facts: Facts) -> str:
    return text.format(
        version=facts.version, before=facts.before, setting=facts.setting, value=facts.value,
        component=facts.component, system=person.system, n=facts.amount, area=facts.area,
        trigger=facts.trigger,
    )  # fmt: skip


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def _environment(person: Person, facts: Facts, dice: Dice) -> str:
    rows = [f"- engine: {facts.version}", f"- OS: {person.system}"]
    if facts.area == "ui":
        browsers = ("Firefox 138", "Chrome 136", "Safari 18.4", "Edge 136")
        rows.append(f"- Browser: {dice.pick(browsers)}")
    if dice.chance(50):
        sources = ("Docker", "apt", "Homebrew", "the installer", "source")
        rows.append(f"- Installed with: {dice.pick(sources)}")
    rows.append(f"- `{facts.setting}`: `{facts.value}`")
    return "\n".join(rows) + (f"\n\n{_doctor(person, facts, dice)}" if dice.chance(55) else "")


def _doctor(person: Person, facts: Facts, dice: Dice) -> str:
    """The output of `engine doctor`, which the template asks for."""
    checks = [
        f"{'ok ' if dice.chance(85) else 'BAD'}  {name:<22} {dice.roll(4000):>5} ms"
        for name in ("configuration", "data directory", "database", "index", "workers", "network")
    ]
    bad = f"BAD  {facts.component:<22} {facts.error}"
    head = f"engine {facts.version} on {person.system}, {facts.amount} entries"
    middle = f"{facts.setting} = {facts.value}   (not the default)"
    return "\n".join(["```text", "$ engine doctor", head, middle, *checks, bad, "```"])


# --- bugs ---------------------------------------------------------------------------------------


def _bug(person: Person, facts: Facts, dice: Dice) -> str:
    writers: dict[str, Callable[[Person, Facts, Dice], str]] = {
        "careful": _by_template, "emoji": _by_template, "logs": _with_logs, "terse": _terse,
    }  # fmt: skip
    return writers.get(person.style, _as_story)(person, facts, dice)


def _what_happens(facts: Facts, dice: Dice) -> str:
    first = _sentence(f"{facts.symptom} {facts.trigger}")
    also = f"There are {facts.amount:,} entries in it." if dice.chance(50) else ""
    return " ".join(part for part in (first, facts.condition, also) if part)


def _by_template(person: Person, facts: Facts, dice: Dice) -> str:
    told = f"{_what_happens(facts, dice)} {_fill(dice.pick(phrases('effect')), person, facts)}"
    steps = [_fill(step, person, facts) for step in dice.few(phrases("step"), dice.between(2, 5))]
    listed = "\n".join(f"{index}. {step}" for index, step in enumerate([*steps, "See error"], 1))
    said = f"The log says `{facts.error}`."
    actual = dice.pick((f"`{facts.error}`", _sentence(facts.symptom), said))
    parts = (told, listed, facts.outcome, actual, _environment(person, facts, dice))
    text = "\n\n".join(
        f"{head}\n\n{part}" for head, part in zip(dice.pick(_HEADS), parts, strict=True)
    )
    logs = f"\n\n### Logs\n\n```\n{_evidence(facts, dice)}\n```" if dice.chance(85) else ""
    more = f"\n\n### Anything else\n\n{_fill(dice.pick(phrases('tried')), person, facts)}"
    return text + logs + (more if dice.chance(60) else "") + "\n"


def _evidence(facts: Facts, dice: Dice) -> str:
    return facts.trace(dice) if dice.chance(60) else facts.log(dice.between(12, 40), dice)


def _with_logs(person: Person, facts: Facts, dice: Dice) -> str:
    told = _sentence(f"{facts.symptom} {facts.trigger}")
    log = f"```\n{facts.log(dice.between(15, 60), dice)}\n```"
    return (
        f"{told} ({facts.version}, {person.system})\n\n```\n{facts.trace(dice)}\n```\n\n"
        f"<details>\n<summary>log</summary>\n\n{log}\n\n</details>\n"
    )


def _terse(person: Person, facts: Facts, dice: Dice) -> str:
    told = _sentence(f"{facts.symptom} {facts.trigger}")
    version = dice.pick((f"{facts.version}.", f"Version {facts.version}, {person.system}.", ""))
    return " ".join(part for part in (told, f"`{facts.error}`", version) if part)


def _as_story(person: Person, facts: Facts, dice: Dice) -> str:
    shown = f"All I can see is this:\n\n```\n{_evidence(facts, dice)}\n```"
    setting = f"`{facts.setting} = {facts.value}`"
    parts = (
        _fill(dice.pick(phrases("opening")), person, facts),
        f"{_what_happens(facts, dice)} {_fill(dice.pick(phrases('tried')), person, facts)}",
        shown if dice.chance(70) else "",
        f"This is {facts.version} on {person.system}, with {setting}.",
        f"{_fill(dice.pick(phrases('effect')), person, facts)} {dice.pick(phrases('closing'))}",
    )
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


# --- everything else ----------------------------------------------------------------------------


def _details(kind: str, most: int, filled: _Filled) -> str:
    """A few sentences, in any order."""
    chosen = filled.dice.few(phrases(kind), filled.dice.between(1, most))
    return " ".join(_fill(sentence, filled.person, filled.facts) for sentence in chosen)


def _feature(person: Person, facts: Facts, dice: Dice) -> str:
    wish = f"{facts.wish} {facts.scope}"
    if person.style == "terse":
        return _sentence(f"{wish} ({facts.component}), because {facts.reason}")
    filled = _Filled(person, facts, dice)
    asked = dice.pick((f"it would be great to have this: {wish}", wish, f"wanted: {wish}"))
    about = f"It is about the {facts.component}; we have {facts.amount:,} entries in it."
    more = f"{about} {dice.pick(phrases('closing'))}".strip()
    told = f"{_sentence(asked)} {_details('wish detail', 5, filled)}"
    parts = (_sentence(facts.reason), told, _details("now", 2, filled), more)
    if person.style not in {"careful", "emoji"}:
        return "\n\n".join(parts) + "\n"
    heads = ("### Is it related to a problem?", "### What I would like", "### Now", "### More")
    return "\n\n".join(f"{h}\n\n{part}" for h, part in zip(heads, parts, strict=True)) + "\n"


def _question(person: Person, facts: Facts, dice: Dice) -> str:
    asked = _sentence(f"{facts.ask} {facts.scope}?")
    seen = f"I looked at `{facts.setting}` ({facts.version}) and the page on the {facts.component}."
    key = facts.setting.rpartition(".")[2]
    code = f"```toml\n[{facts.area}]\n{key} = {facts.value}\n```" if dice.chance(40) else ""
    parts = (
        _fill(dice.pick(phrases("opening")), person, facts),
        f"{asked} {seen}",
        code,
        _details("question detail", 4, _Filled(person, facts, dice)),
        dice.pick(phrases("closing")),
    )
    return "\n\n".join(part for part in parts if part)


def _docs(person: Person, facts: Facts, dice: Dice) -> str:
    page = f"https://docs.example.org/{facts.area}/{facts.component.lower().replace(' ', '-')}"
    found = dice.pick(("I noticed it while setting up", "A new colleague stumbled over it on",
                       "This is about", "Seen when I looked something up for"))  # fmt: skip
    told = _sentence(f"{facts.docs} {facts.edition}")
    where = f"{found} {facts.version} ({person.system}): {page}"
    return "\n\n".join(part for part in (told, where, dice.pick(phrases("closing"))) if part)


def _pull(person: Person, facts: Facts, dice: Dice) -> str:
    why = _sentence(dice.pick((facts.cause, f"it went wrong {facts.trigger}", facts.reason)))
    tests = ("Covered by a new test.", f"Tested on {person.system}.", "- [x] tests\n- [ ] docs")
    size = f"Changes the {facts.component}, about {dice.between(3, 400)} lines."
    what = f"{size} {_details('pull detail', 6, _Filled(person, facts, dice))}"
    before = f"Before:\n\n```\n{_evidence(facts, dice)}\n```\n\n" if dice.chance(45) else ""
    text = f"### Why\n\n{why}\n\n{before}### What\n\n{what}\n\n### Tests\n\n{dice.pick(tests)}\n"
    return style(text, person.style, dice)


def _bot_pull(person: Person, facts: Facts, dice: Dice) -> str:
    name, new = facts.dependency, facts.dependency_after
    notes = [
        f"- {dice.pick(phrases('release note'))} (#{dice.between(100, 9_000)})"
        for _ in range(dice.between(6, 34))
    ]
    listed = "\n".join(["<details>", "<summary>Release notes</summary>", "", *notes, "</details>"])
    return (
        f"Bumps [{name}](https://packages.example.org/{name}) from {facts.dependency_before} to"
        f" {new}.\n{listed}\n\nComment `rebase` to have this pull request rebased.\n"
    )
