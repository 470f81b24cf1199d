"""Coverage and PIT under a correct model: each path in turn takes the place of the observations.

Points of an episode share its paths, so their dependence is that of the model, and no independence is assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from supplyshock_kernels.params import Array

from .observation_operators import OPERATORS, PUBLISHED, SimulatedView
from .observed_point import ObservedPoint
from .scores import BANDS

BINS = 10
"""Equal bins of the PIT."""
DRAWS = 20_000
"""Histories drawn."""
CENTRAL = (0.05, 0.95)
FALSE_ALARM = 0.05
"""Probability that the histogram of a right model leaves its band somewhere, at most."""


class PathCounts(NamedTuple):
    """Counts over the observed points of one scenario, a column per path that stands for what was observed."""

    inside: Array
    """(3, n) points within each band."""
    sides: Array
    """(2, n) points below and above the widest band."""
    bins: Array
    """(BINS, n) points in each bin of the PIT."""


class Null(NamedTuple):
    """The distribution of the counts over all scenarios, if the model is right."""

    inside: dict[int, tuple[float, float]]
    """Central 90 % of the points within a band, by its probability in percent."""
    inside_p: dict[int, float]
    """Probability of coverage as far off as observed, two-sided."""
    sides_p: tuple[float, float]
    """Probability of as many points below the 90 % band, and above it."""
    band: tuple[float, float]
    """The count of every bin of the PIT lies within, with probability 1 - `FALSE_ALARM` at least."""
    chi2_p: float
    """Probability of a PIT histogram as uneven as observed."""


def counted(points: Sequence[ObservedPoint]) -> list[ObservedPoint]:
    """Observed numbers: no bound, and no loss of another model."""
    return [p for p in points if p.value is not None and OPERATORS[p.measure].kind != PUBLISHED]


def path_counts(view: SimulatedView, points: Sequence[ObservedPoint]) -> PathCounts | None:
    """The counts of a simulated scenario; None if nothing was observed."""
    inside, sides, bins = [], [], []
    for p in counted(points):
        x = np.asarray(OPERATORS[p.measure].read(view, p), np.float64)
        ends = {percent: np.quantile(x, quantiles) for percent, quantiles in BANDS.items()}
        inside.append([(low <= x) & (x <= high) for low, high in ends.values()])
        sides.append([x < ends[max(BANDS)][0], x > ends[max(BANDS)][1]])
        place = ((rankdata(x) - 0.5) / len(x) * BINS).astype(int)
        bins.append([place == i for i in range(BINS)])
    if not inside:
        return None
    return PathCounts(*(np.array(each).sum(0, dtype=np.int32) for each in (inside, sides, bins)))


def null_distribution(parts: Sequence[PathCounts], observed: PathCounts, seed: int = 1) -> Null:
    """Histories with one path of each scenario, against the counts of what was observed (n = 1)."""
    rng = np.random.default_rng(seed)
    inside, sides, bins = (np.zeros((len(x), DRAWS), np.int64) for x in parts[0])
    for part in parts:
        chosen = rng.integers(0, part.inside.shape[1], DRAWS)
        inside += part.inside[:, chosen]
        sides += part.sides[:, chosen]
        bins += part.bins[:, chosen]
    low, high = np.quantile(inside, CENTRAL, axis=1)
    total = bins.sum(0)[0]
    uneven, seen = (((x - total / BINS) ** 2).sum(0) for x in (bins, observed.bins))
    tail = FALSE_ALARM / 2
    return Null(
        inside={p: (float(a), float(b)) for p, a, b in zip(BANDS, low, high, strict=True)},
        inside_p={p: _two_sided(inside[i], observed.inside[i, 0]) for i, p in enumerate(BANDS)},
        sides_p=(float((sides[0] >= observed.sides[0, 0]).mean()), float((sides[1] >= observed.sides[1, 0]).mean())),
        band=(float(np.quantile(bins.min(0), tail)), float(np.quantile(bins.max(0), 1 - tail))),
        chi2_p=float((uneven >= seen[0]).mean()),
    )


def _two_sided(drawn: Array, seen: float) -> float:
    return float(min(1.0, 2 * min((drawn <= seen).mean(), (drawn >= seen).mean())))
