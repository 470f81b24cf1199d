"""Scenario discovery: the box in which a policy fails, and whether noise alone would give an equally good box.

The quasi-p of each restriction ignores the search, so there are two further checks. *Shuffles*: failures are assigned
to futures at random, and the search is repeated. If more than 1 of 20 shuffles gives an equally good box, nothing was
found. *Halves*: the box of one random half of the futures is tested on the other half. A parameter that few halves
restrict is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from supplyshock_kernels.params import Array

from .prim import LEVEL, Box, Mask, best_box, drop_idle, find_box, quasi_p

SHUFFLES = 99
HALVES = 20
CHANCE = 0.05
"""Largest share of shuffles with a box as good: the rate of false alarms."""
REPEATED = 0.25
"""Share of halves that must restrict a parameter for it to stay in the box."""
FEWEST = 10
"""Failures, and futures without one, at least."""


@dataclass(frozen=True)
class Discovery:
    """Where a policy fails."""

    failing: float
    """Share of all futures that fail."""
    box: Box
    """The whole space where nothing was found."""
    chance: float
    """Share of shuffles with a box as good; NaN if failures are too few or too many to search."""
    coverage: float = nan
    """Share of the failures that lie in the box."""
    density: float = nan
    """Share of the futures in the box that fail."""
    density_se: float = nan
    coverage_se: float = nan
    held_out_density: float = nan
    """The same two in halves that the search did not see, mean over the halves."""
    held_out_coverage: float = nan
    quasi_p: Array | None = None
    """(k,) of each restriction."""
    repeated: Array | None = None
    """(k,) share of halves whose box restricts the parameter."""

    @property
    def has_box(self) -> bool:
        """Whether there is a box."""
        return bool(self.box.restricted.any())


def discover(x: Array, fails: Mask, seed: int = 1) -> Discovery:
    """The box of parameters (N, k) in which futures fail (N,), with its guards."""
    failing, whole = float(fails.mean()), Box.whole(x.shape[1])
    if min(fails.sum(), (~fails).sum()) < FEWEST:
        return Discovery(failing, whole, nan)
    random = np.random.Generator(np.random.Philox(seed))
    most = best_box(x, fails)[1]
    as_good = sum(best_box(x, random.permutation(fails))[1] >= most for _ in range(SHUFFLES))
    chance = (1 + as_good) / (1 + SHUFFLES)
    if chance > CHANCE:
        return Discovery(failing, whole, chance)
    held_out, repeated = _halves(x, fails, random)
    box = find_box(x, fails)
    for parameter in np.flatnonzero(box.restricted & (repeated < REPEATED)):
        box = box.without(int(parameter))
    box = drop_idle(box, x, fails, LEVEL)
    if not box.restricted.any():
        return Discovery(failing, whole, chance)
    inside = box.inside(x)
    both, n, failures = fails[inside].sum(), inside.sum(), fails.sum()
    density, coverage = both / n, both / failures
    return Discovery(
        failing=failing,
        box=box,
        chance=chance,
        coverage=float(coverage),
        density=float(density),
        density_se=sqrt(density * (1 - density) / n),
        coverage_se=sqrt(coverage * (1 - coverage) / failures),
        held_out_density=float(held_out[0]),
        held_out_coverage=float(held_out[1]),
        quasi_p=quasi_p(box, x, fails),
        repeated=repeated,
    )


def _halves(x: Array, fails: Mask, random: np.random.Generator) -> tuple[Array, Array]:
    """Density and coverage in halves that the search did not see, and how often each parameter is restricted."""
    figures, restricted = [], []
    for _ in range(HALVES):
        order = random.permutation(len(x))
        searched, other = order[: len(x) // 2], order[len(x) // 2 :]
        box = find_box(x[searched], fails[searched])
        inside = box.inside(x[other])
        restricted.append(box.restricted)
        both, failures = fails[other][inside].sum(), fails[other].sum()
        figures.append((both / inside.sum() if inside.any() else 0.0, both / failures if failures else nan))
    return np.nanmean(figures, axis=0), np.mean(restricted, axis=0)
