"""What is done to a platform in mid-sync. Those marked `on_servers` break servers of our own."""

import os
import random
import resource
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from tests.fault_proxy import FINE, Trouble
from tests.proxied_servers import Servers
from tests.soaking.memory import find_processes
from tests.sync_platform import Link, Site

Act = Callable[[Link], None]


def nothing(link: Link) -> None:
    """What passes by itself needs no mending."""


@dataclass(frozen=True)
class Harm:
    do: Act
    mend: Act = nothing
    seconds: tuple[float, float] = (0.0, 0.0)
    """How long it lasts."""
    on_servers: bool = False
    keeps_processes: bool = False
    """No process of the platform may end by it."""


# --- processes ----------------------------------------------------------------------------------


def flush_and_kill(link: Link) -> None:
    link.site.kill_worker()
    link.site.flush_broker()


def kill_everything(link: Link) -> None:
    """The supervisor; whatever it started ends with it."""
    link.site.platform.kill()


def start_again(link: Link) -> None:
    link.site.platform.start()


def poison(link: Link) -> None:
    """Whoever takes the run dies of it before a page is stored, three times."""
    rule = {"path": link.places, "times": None, "milliseconds": 1500}
    link.site.trackers.faults.add("latency", **rule)
    link.kill_child()  # whoever had stored pages already
    for attempt in (1, 2, 3):
        link.site.platform.wait_for(lambda least=attempt: _attempts(link) >= least, 120)
        link.kill_child()
    link.site.trackers.faults.clear()
    state = link.wait_for_end()["state"]
    assert state == "parked", state


def _attempts(link: Link) -> int:
    query = "SELECT max(attempts) FROM integrations_syncrun WHERE integration_id = {}"
    return int(link.site.execute(query.format(link.integration))[0][0])


# --- the tracker --------------------------------------------------------------------------------


def strike(kind: str, **options: object) -> Act:
    def harm(link: Link) -> None:
        link.site.trackers.faults.add(kind, path=link.places, **options)

    return harm


def half_of_answers_fail(link: Link) -> None:
    for kind, chance in (("status", 20), ("cut", 10), ("html", 10), ("reset", 10)):
        link.site.trackers.faults.add(kind, path=link.places, times=None, chance=chance)


def end_faults(link: Link) -> None:
    link.site.trackers.faults.clear()


# --- the servers --------------------------------------------------------------------------------


def to_servers(act: Callable[[Servers], object]) -> Act:
    def harm(link: Link) -> None:
        assert link.site.servers
        act(link.site.servers)

    return harm


def through_broker(kind: Trouble) -> dict[str, Act]:
    return {
        "do": to_servers(lambda servers: servers.to_broker.be(kind)),
        "mend": to_servers(lambda servers: servers.to_broker.be(FINE)),
    }


# --- the disk -----------------------------------------------------------------------------------


def fill_disk(link: Link) -> None:
    """No process of the platform can make a file longer; the broker's own would end it."""
    _limit_files(link.site, 0)


def free_disk(link: Link) -> None:
    _limit_files(link.site, resource.RLIM_INFINITY)


def _limit_files(site: Site, size: int) -> None:
    for process in list(find_processes(site.platform.var_dir)):
        if process.role != "other":
            with suppress(ProcessLookupError):
                hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, hard))


def limit_brokers_file(size: int) -> Act:
    return to_servers(lambda servers: servers.broker.limit_file(size))


def stop_second_beat(link: Link) -> None:
    link.site.platform.stop_second_beat()


HARMS: Mapping[str, Harm] = {
    "child killed": Harm(Link.kill_child),
    "worker killed": Harm(lambda link: link.site.kill_worker()),
    "worker killed, broker emptied": Harm(flush_and_kill),
    "everything killed": Harm(kill_everything, start_again, (0, 1)),
    "web killed": Harm(lambda link: os.killpg(link.site.platform.pids()["web"], signal.SIGKILL)),
    "two beats": Harm(
        lambda link: link.site.platform.start_second_beat(), stop_second_beat, (4, 6)
    ),
    "same message 20 times": Harm(lambda link: link.site.send_again(link.newest_run()["id"], 20)),
    "run kills its worker": Harm(poison),
    "broker emptied": Harm(lambda link: link.site.flush_broker()),
    "broker restarted": Harm(
        to_servers(lambda servers: servers.broker.restart()), on_servers=True, keeps_processes=True
    ),
    "broker lost its file": Harm(
        to_servers(lambda servers: servers.broker.restart(forgets=True)),
        on_servers=True,
        keeps_processes=True,
    ),
    "broker down": Harm(
        **through_broker(Trouble("down")), seconds=(2, 5), on_servers=True, keeps_processes=True
    ),
    "broker silent": Harm(**through_broker(Trouble("silent")), seconds=(3, 10), on_servers=True),
    "broker half open": Harm(
        **through_broker(Trouble("half_open")), seconds=(3, 10), on_servers=True
    ),
    "broker's disk full": Harm(
        limit_brokers_file(0), limit_brokers_file(resource.RLIM_INFINITY), (3, 6), on_servers=True
    ),
    "database restarted": Harm(
        to_servers(lambda servers: servers.database.restart()),
        on_servers=True,
        keeps_processes=True,
    ),
    "database crashed": Harm(
        to_servers(lambda servers: servers.database.restart(crashes=True)),
        on_servers=True,
        keeps_processes=True,
    ),
    "database down": Harm(
        to_servers(lambda servers: servers.database.stop()),
        to_servers(lambda servers: servers.database.start()),
        (2, 5),
        on_servers=True,
        keeps_processes=True,
    ),
    "database cut in mid-answer": Harm(
        to_servers(lambda servers: servers.to_database.be(Trouble("cut", size=300))),
        to_servers(lambda servers: servers.to_database.be(FINE)),
        (1, 3),
        on_servers=True,
        keeps_processes=True,
    ),
    "database silent": Harm(
        to_servers(lambda servers: servers.to_database.be(Trouble("silent"))),
        to_servers(lambda servers: servers.to_database.be(FINE)),
        (5, 40),
        on_servers=True,
        keeps_processes=True,
    ),
    "disk full": Harm(fill_disk, free_disk, (2, 5), keeps_processes=True),
    "tracker: 502 twice": Harm(strike("status", status=502, times=2)),
    "tracker: cut off twice": Harm(strike("cut", times=2)),
    "tracker: says wait": Harm(strike("secondary_limit", retry_after=2)),
    "tracker: page is HTML": Harm(strike("html")),
    "tracker: page is empty": Harm(strike("empty")),
    "tracker: half of all answers fail": Harm(half_of_answers_fail, end_faults, (3, 8)),
}


def do_harm(harm: Harm, link: Link, dice: random.Random) -> tuple[float, float]:
    """When it began and when it was over."""
    began = time.time()
    try:
        harm.do(link)
        time.sleep(dice.uniform(*harm.seconds))
    finally:
        harm.mend(link)
    return began, time.time()
