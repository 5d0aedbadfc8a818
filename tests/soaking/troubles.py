"""What goes wrong: how it begins, how long it lasts, how it is put right."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.fault_proxy import FINE, FaultProxy, Trouble
from tests.soaking.memory import find_processes
from tests.soaking.world import Linked, World

Act = Callable[[World, random.Random], None]


@dataclass(frozen=True)
class Mishap:
    name: str
    begin: Act
    end: Act = lambda world, dice: None
    seconds: tuple[float, float] = (0, 0)
    """How long it lasts."""
    weight: float = 1.0


def _through(proxy: Callable[[World], FaultProxy], trouble: Trouble) -> tuple[Act, Act]:
    return (
        lambda world, dice: proxy(world).be(trouble),
        lambda world, dice: proxy(world).be(FINE),
    )


def kill_group(name: str) -> Act:
    def kill(world: World, dice: random.Random) -> None:
        with suppress(ProcessLookupError):
            os.killpg(world.platform.pids()[name], signal.SIGKILL)

    return kill


def kill_one(role: str) -> Act:
    """One of the processes that play this part."""

    def kill(world: World, dice: random.Random) -> None:
        players = [p.pid for p in find_processes(world.platform.var_dir) if p.role == role]
        if players:
            with suppress(ProcessLookupError):
                os.kill(dice.choice(players), signal.SIGKILL)

    return kill


def kill_all(world: World, dice: random.Random) -> None:
    """The supervisor; whatever it started ends with it."""
    world.platform.kill()


def start_again(world: World, dice: random.Random) -> None:
    world.platform.start()


def half_of_answers_fail(world: World, dice: random.Random) -> None:
    for kind, chance in (("status", 25), ("cut", 15), ("html", 10), ("reset", 10)):
        world.trackers.faults.add(kind, path="^/(?!_control)", times=None, chance=chance)


def told_to_wait(world: World, dice: random.Random) -> None:
    rule = {"path": "^/github/", "times": 3, "retry_after": 5}
    world.trackers.faults.add("secondary_limit", **rule)  # type: ignore[arg-type]


def end_faults(world: World, dice: random.Random) -> None:
    world.trackers.faults.clear()


def revoke_token(world: World, dice: random.Random) -> None:
    link = dice.choice(of_github(world))
    world.trackers.github.access.revoked.add(f"ghp_{world.links.index(link)}")
    with suppress(OSError):
        world.ann.ask("POST", f"{link.path}/sync/", {})


def renew_tokens(world: World, dice: random.Random) -> None:
    world.trackers.github.access.revoked.clear()
    for link in of_github(world):
        _renew_token(world, link)


def _renew_token(world: World, link: Linked) -> None:
    """As a person would: again, where it is not taken at once."""
    for _ in range(60):
        with suppress(OSError):
            token = f"ghp_{world.links.index(link)}"
            if world.ann.ask("PATCH", link.itself, {"token": token}).status == 200:
                return
        time.sleep(2)
    raise TimeoutError(f"integration {link.integration} takes no new token")


def of_github(world: World) -> list[Linked]:
    return [link for link in world.links if link.kind == "github"]


def database(kind: str) -> Act:
    def act(world: World, dice: random.Random) -> None:
        acts: dict[str, Callable[[], None]] = {
            "restart": world.database.restart,
            "crash": lambda: world.database.restart(crashes=True),
            "cut": lambda: world.database.cut_connections(2),
            "stop": world.database.stop,
            "start": world.database.start,
        }
        acts[kind]()

    return act


_DOWN, _SILENT, _HALF = Trouble("down"), Trouble("silent"), Trouble("half_open")
MISHAPS = [
    Mishap("worker killed", kill_group("worker")),
    Mishap("worker's child killed", kill_one("worker child")),
    Mishap("web killed", kill_group("web")),
    Mishap("web's child killed", kill_one("web child")),
    Mishap("beat killed", kill_group("beat")),
    Mishap("everything killed", kill_all, start_again, (0, 3), 0.5),
    Mishap(
        "two beats",
        lambda world, dice: world.platform.start_second_beat(),
        lambda world, dice: world.platform.stop_second_beat(),
        (20, 40),
    ),
    Mishap("broker restarted", lambda world, dice: world.broker.restart()),
    Mishap("broker lost its file", lambda world, dice: world.broker.restart(forgets=True)),
    Mishap("broker emptied", lambda world, dice: world.broker.flush()),
    Mishap("broker down", *_through(lambda world: world.to_broker, _DOWN), (5, 20)),
    Mishap("broker silent", *_through(lambda world: world.to_broker, _SILENT), (10, 30)),
    Mishap("broker half open", *_through(lambda world: world.to_broker, _HALF), (10, 30)),
    Mishap("database restarted", database("restart")),
    Mishap("database crashed", database("crash")),
    Mishap("database connections cut", database("cut")),
    Mishap("database down", database("stop"), database("start"), (5, 15)),
    Mishap("database silent", *_through(lambda world: world.to_database, _SILENT), (10, 40)),
    Mishap("half of the trackers' answers fail", half_of_answers_fail, end_faults, (20, 60)),
    Mishap("tracker says wait", told_to_wait, end_faults, (10, 20)),
    Mishap("tracker down", *_through(lambda world: world.to_trackers, _DOWN), (10, 40)),
    Mishap("tracker silent", *_through(lambda world: world.to_trackers, _SILENT), (10, 40)),
    Mishap(
        "tracker's answers cut",
        *_through(lambda world: world.to_trackers, Trouble("cut", size=3000)),
        (10, 30),
    ),
    Mishap("token revoked", revoke_token, renew_tokens, (45, 60), 2.0),
    Mishap("mail server down", *_through(lambda world: world.to_mail, _DOWN), (20, 40)),
    Mishap("mail server silent", *_through(lambda world: world.to_mail, _SILENT), (20, 40)),
    Mishap("alerts' receiver down", *_through(lambda world: world.to_hook, _DOWN), (20, 40)),
]


def draw(dice: random.Random) -> Mishap:
    return dice.choices(MISHAPS, [mishap.weight for mishap in MISHAPS])[0]


def mend_all(world: World) -> None:
    """Whatever was going on is over."""
    for proxy in world.proxies:
        proxy.be(FINE)
    end_faults(world, random.Random())
