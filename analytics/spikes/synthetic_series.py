"""Synthetic daily series with weekends, drift, small counts and overdispersion.

Used to evaluate the rule without real series.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

from analytics.spikes.rule import DailySeries

START = date(2020, 1, 6)
_STEP_BACK = 0.995
_STEP = 0.02


@dataclass(frozen=True)
class Recipe:
    mean: float
    """Reporters per day."""
    dispersion: float
    """Variance divided by mean of the daily counts."""
    week: tuple[float, ...]
    """Factors for Monday to Sunday."""
    growth: float = 0.0
    """Log change per year."""
    jump: float = 1.0
    """Factor of a new level, starting at 70 % of the series."""


_EVEN = (1.0,) * 7
_OFFICE = (1.3, 1.3, 1.3, 1.25, 1.2, 0.35, 0.3)
_FRIDAY_OFF = (1.3, 1.3, 1.2, 1.2, 0.3, 0.3, 1.4)

RECIPES: Mapping[str, Recipe] = {
    "rare": Recipe(0.1, 1.0, _EVEN),
    "small office": Recipe(0.2, 1.2, _OFFICE, growth=0.3),
    "small, shrinking": Recipe(0.4, 1.1, _EVEN, growth=-0.2),
    "small office, new level": Recipe(0.4, 1.3, _OFFICE, jump=1.7),
    "component of an office": Recipe(0.7, 1.2, _OFFICE, growth=0.2),
    "component, Friday off": Recipe(0.7, 1.0, _FRIDAY_OFF),
    "growing": Recipe(1.0, 1.5, _EVEN, growth=0.5),
    "office, new level": Recipe(1.5, 1.4, _OFFICE, jump=1.7),
    "office, shrinking": Recipe(2.0, 2.0, _OFFICE, growth=-0.3),
    "community": Recipe(3.0, 1.3, _EVEN),
    "restless office": Recipe(4.0, 2.5, _OFFICE, growth=0.2),
    "Friday off, new level": Recipe(5.0, 1.5, _FRIDAY_OFF, jump=1.7),
    "large office": Recipe(7.0, 2.0, _OFFICE),
    "restless and large": Recipe(9.0, 3.0, _OFFICE, growth=0.3),
}


def make_series(seed: int, days: int = 4 * 365) -> dict[str, DailySeries]:
    """Generate one series per recipe; the same for the same seed."""
    return {name: _make_one(recipe, f"{seed}/{name}", days) for name, recipe in RECIPES.items()}


def _make_one(recipe: Recipe, seed: str, days: int) -> DailySeries:
    rng = Random(seed)  # noqa: S311 - a simulation
    drift = 0.0
    counts = []
    for day in range(days):
        drift = _STEP_BACK * drift + rng.gauss(0, _STEP)
        grown = recipe.growth * (day - days / 2) / 365 + drift
        jump = recipe.jump if day > 0.7 * days else 1.0
        mean = recipe.mean * recipe.week[day % 7] * jump * math.exp(grown)
        counts.append(draw(rng, mean, recipe.dispersion))
    return DailySeries(START, counts)


def draw(rng: Random, mean: float, dispersion: float) -> int:
    """Draw from a negative binomial (gamma-mixed Poisson) with variance dispersion x mean."""
    if dispersion > 1:
        mean = rng.gammavariate(mean / (dispersion - 1), dispersion - 1)
    count, product, limit = 0, rng.random(), math.exp(-mean)
    while product > limit:
        count += 1
        product *= rng.random()
    return count
