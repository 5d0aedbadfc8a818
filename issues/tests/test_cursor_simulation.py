"""Simulation of cursor rules: order by creation, mark at the start of the pass.

Plain Python: 300 issues, pages of 30, one edit before each page. Reading by last update and marking
with the newest time seen, a common choice, loses issues. Reading by creation and marking with the
start of the pass loses none.
"""

import random
from collections.abc import Callable

import pytest

ISSUES, PAGE, SYNCS, SEEDS = 300, 30, 3, 60


class World:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now = ISSUES
        self.updated = {number: number for number in range(ISSUES)}

    def edit_one(self) -> None:
        self.now += 1
        self.updated[self.rng.randrange(ISSUES)] = self.now


def by_update(world: World, table: dict[int, int], mark: int) -> int:
    page, seen = 0, mark
    while True:
        world.edit_one()
        rows = sorted((at, n) for n, at in world.updated.items() if at >= mark)
        for at, number in rows[page * PAGE : (page + 1) * PAGE]:
            table[number], seen = at, max(seen, at)
        page += 1
        if page * PAGE >= len(rows):
            return seen


def by_creation(world: World, table: dict[int, int], mark: int) -> int:
    page, began = 0, world.now
    while True:
        world.edit_one()
        rows = [(n, at) for n, at in sorted(world.updated.items()) if at >= mark]
        table.update(rows[page * PAGE : (page + 1) * PAGE])
        page += 1
        if page * PAGE >= len(rows):
            return began


def runs_with_loss(read: Callable[[World, dict[int, int], int], int]) -> int:
    lossy = 0
    for seed in range(SEEDS):
        world, table, mark = World(seed), {}, 0
        for _ in range(SYNCS):
            mark = read(world, table, mark)
        world.edit_one = lambda: None
        read(world, table, mark)
        lossy += table != world.updated
    return lossy


@pytest.mark.parametrize(("read", "loses"), [(by_update, True), (by_creation, False)])
def test_order_and_mark_decide_whether_issues_are_lost(read, loses):
    assert (runs_with_loss(read) > 0) is loses
