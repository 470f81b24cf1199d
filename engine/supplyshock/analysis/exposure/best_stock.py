"""Which stock of a sweep costs least, by the mean and by a mix of mean and tail, and how firm that answer is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

CHEAPEST_ON_AVERAGE = "cheapest_on_average_draws"
CHEAPEST_WITH_TAIL = "cheapest_with_tail_draws"
"""Under how many draws of the parameters an option costs least of its sweep; over (scenario, option), where known."""


def cheapest(weight: float) -> str:
    """The count that goes with a weight of CVaR95: none, or that of the book."""
    return CHEAPEST_ON_AVERAGE if weight == 0 else CHEAPEST_WITH_TAIL


@dataclass(frozen=True)
class BestStock:
    """The answer of one sweep in one scenario."""

    scenario: str
    sweep: str
    weight: float
    """Of CVaR95 beside the mean."""
    best: str
    """As the book writes it."""
    option: str
    """Its name among the options."""
    open: tuple[str, ...]
    """Values that the paths do not tell from the best: within two errors of it."""
    lowest_weight: float
    highest_weight: float
    """The best stays the best between these weights of the tail."""
    at_end: bool
    """The best of the stocks is the last that was asked for: one beyond it may cost less."""
    wins: tuple[tuple[str, int], ...] = ()
    """Values that cost least under some draw of the parameters, and under how many; most often first."""
    draws: int = 0
    """0 where no draws were made."""


def is_of_stocks(sweep: str) -> bool:
    """Whether a sweep is over stocks: ``Dy.stock``, or ``Dy.stock, target 8 weeks``."""
    return sweep.partition(",")[0].endswith(".stock")


def target_of(sweep: str) -> str:
    """What orders aim at in a sweep of stocks: ``8 weeks``; empty where it is each stock itself."""
    return sweep.partition(", target ")[2]


def best_stocks(results: xr.Dataset) -> Iterator[BestStock]:
    """One for each scenario, sweep, and weight: the mean alone, then the weight of the book."""
    sweeps = [str(s) for s in results["sweep"].values]
    for scenario in map(str, results["scenario"].values):
        for sweep in dict.fromkeys(s for s in sweeps if s):
            for weight in dict.fromkeys((0.0, float(results.attrs["tail_weight"]))):
                yield _best(results.sel(scenario=scenario), scenario, sweep, weight)


def _best(one: xr.Dataset, scenario: str, sweep: str, weight: float) -> BestStock:
    at = [i for i, s in enumerate(one["sweep"].values) if str(s) == sweep]
    names = [str(one["value"].values[i]) for i in at]
    cost, error = (one[f"total_cost_usd_difference{e}"].interp(tail_weight=weight).values[at] for e in ("", "_se"))
    best = int(cost.argmin())
    unclear = [i for i in range(len(at)) if i != best and cost[i] - cost[best] < 2 * np.hypot(error[i], error[best])]
    every = one["total_cost_usd_difference"].values[at].argmin(0) == best
    weights = one["tail_weight"].values
    near = int(np.abs(weights - weight).argmin())
    low = high = near
    while low > 0 and every[low - 1]:
        low -= 1
    while high < len(weights) - 1 and every[high + 1]:
        high += 1
    return BestStock(
        scenario,
        sweep,
        weight,
        names[best],
        str(one["option"].values[at[best]]),
        tuple(names[i] for i in unclear),
        float(weights[low]),
        float(weights[high]),
        is_of_stocks(sweep) and best == len(at) - 1 and len(at) > 1,
        *_wins(one, at, names, cheapest(weight)),
    )


def _wins(one: xr.Dataset, at: list[int], names: list[str], count: str) -> tuple[tuple[tuple[str, int], ...], int]:
    if count not in one:
        return (), 0
    wins = [(name, int(n)) for name, n in zip(names, one[count].values[at], strict=True) if n]
    return tuple(sorted(wins, key=lambda win: -win[1])), int(one[count].attrs["draws"])
