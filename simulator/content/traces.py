"""Stack traces and log lines, as reporters paste them."""

from collections.abc import Callable

from simulator.seeded_random import Dice

_FUNCTIONS = (
    "load", "resolve", "apply", "flush", "dispatch", "read_next", "commit", "refresh", "merge",
    "open_entry", "normalize", "handle_event", "run_once", "encode", "validate", "acquire",
)  # fmt: skip
_LEVELS = ("DEBUG", "INFO ", "WARN ", "ERROR")
_SOURCES = ("main", "http", "jobs", "store", "scheduler")
_NOISE = (
    "starting with 8 workers", "config loaded from /etc/engine/engine.toml", "cache warmed",
    "heartbeat ok", "accepted connection", "job finished", "retrying", "slow operation",
    "checkpoint written", "queue length 0", "watch added", "connection closed by peer",
)  # fmt: skip


def module_of(component: str) -> str:
    return component.lower().replace(" ", "_").replace("-", "_")


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _split(error: str) -> tuple[str, str]:
    """The error's class and its message."""
    kind, _, message = error.partition(": ")
    return (kind, message) if message and " " not in kind else ("RuntimeError", error)


def python(area: str, component: str, error: str, dice: Dice) -> str:
    kind, message = _split(error)
    path = f"/opt/engine/lib/engine/{area}/{module_of(component)}.py"
    lines = ["Traceback (most recent call last):"]
    for name in dice.few(_FUNCTIONS, dice.between(3, 6)):
        call = f"{dice.pick(_FUNCTIONS)}({dice.pick(('item', 'ctx', 'path', 'key'))})"
        lines.append(f'  File "{path}", line {dice.between(20, 900)}, in {name}')
        lines.append(f"    return self.{call}")
    return "\n".join([*lines, f"engine.{area}.errors.{kind}: {message}"])


def javascript(area: str, component: str, error: str, dice: Dice) -> str:
    kind, message = _split(error)
    module = module_of(component)
    lines = [f"Uncaught (in promise) {kind}: {message}"]
    for name in dice.few(_FUNCTIONS, dice.between(3, 7)):
        place = f"{area}/{module}.ts:{dice.between(10, 600)}:{dice.between(1, 60)}"
        lines.append(f"    at {_camel(module)}.{name} (webpack:///src/{place})")
    return "\n".join([*lines, "    at async Promise.all (index 0)"])


def java(area: str, component: str, error: str, dice: Dice) -> str:
    kind, message = _split(error)
    owner = _camel(module_of(component))
    lines = [f'Exception in thread "worker-{dice.roll(16)}" io.engine.{kind}: {message}']
    for name in dice.few(_FUNCTIONS, dice.between(4, 8)):
        place = f"{owner}.java:{dice.between(20, 700)}"
        lines.append(f"\tat io.engine.{area}.{owner}.{name}({place})")
    cause = f"Caused by: java.io.IOException: {message}"
    return "\n".join([*lines, cause, f"\t... {dice.between(8, 40)} more"])


def go(area: str, component: str, error: str, dice: Dice) -> str:
    owner = _camel(module_of(component))
    lines = [f"panic: {error}", "", f"goroutine {dice.between(1, 400)} [running]:"]
    for name in dice.few(_FUNCTIONS, dice.between(3, 5)):
        lines.append(f"example.org/engine/{area}.(*{owner}).{name}(0xc000{dice.roll(1 << 20):06x})")
        place = f"{area}/{module_of(component)}.go:{dice.between(20, 500)}"
        lines.append(f"\t/build/engine/{place} +0x{dice.roll(4096):x}")
    return "\n".join(lines)


def rust(area: str, component: str, error: str, dice: Dice) -> str:
    module = module_of(component)
    where = f"crates/{area}/src/{module}.rs:{dice.between(20, 900)}:{dice.between(5, 40)}"
    lines = [
        f"thread 'engine-{dice.roll(8)}' panicked at {where}:",
        f'called `Result::unwrap()` on an `Err` value: "{error}"',
        "stack backtrace:",
    ]
    for index, name in enumerate(dice.few(_FUNCTIONS, dice.between(3, 6))):
        lines.append(f"  {index + 3:>2}: engine_{area}::{module}::{name}")
    return "\n".join([*lines, "note: run with `RUST_BACKTRACE=full` for a verbose backtrace."])


def csharp(area: str, component: str, error: str, dice: Dice) -> str:
    kind, message = _split(error)
    owner = f"Engine.{area.capitalize()}.{_camel(module_of(component))}"
    names = [_camel(name) for name in dice.few(_FUNCTIONS, dice.between(3, 6))]
    frames = [f"   at {owner}.{name}Async(CancellationToken token)" for name in names]
    return "\n".join([f"Unhandled exception. Engine.{kind}: {message}", *frames])


_LANGUAGES: dict[str, tuple[Callable[[str, str, str, Dice], str], ...]] = {
    "ui": (javascript,), "plugins": (javascript, rust, python), "cli": (rust, go, python),
    "packaging": (python, csharp), "network": (go, java, rust), "api": (python, java, csharp),
}  # fmt: skip


def trace(area: str, component: str, error: str, dice: Dice) -> str:
    """In a language the area is written in."""
    language = dice.pick(_LANGUAGES.get(area, (python, rust, java)))
    return language(area, component, error, dice)


def log(area: str, component: str, error: str, lines: int, dice: Dice) -> str:
    """`lines` of it, the error in the last but one."""
    second = dice.between(0, 80_000)
    source = f"engine::{area}::{module_of(component)}"
    rows = []
    for index in range(lines):
        roll = dice.bits()
        second += roll % 7
        level, text = _LEVELS[roll % 3], _NOISE[(roll >> 8) % len(_NOISE)]
        if index == lines - 2:
            level, text = "ERROR", error
        rows.append(
            f"{_time_of_day(second)}.{roll % 1000:03} {level} {source} {text} id={roll:08x}"
        )
        source = source if roll % 5 < 3 else f"engine::{_SOURCES[roll % len(_SOURCES)]}"
    return "\n".join(rows)


def _time_of_day(second: int) -> str:
    return f"{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"
