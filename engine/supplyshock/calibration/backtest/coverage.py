"""Coverage of the central bands by horizon and by kind, the probability integral transform, and whether goals are met.

Points of one episode share a world and miss together. Binomial intervals ignore that; the resampling of episodes does
not, nor does the null distribution, in which paths of the model stand for what was observed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from .null_distribution import BINS, PathCounts
from .score_tables import Record

FLAGS = {50: "inside50", 80: "inside80", 90: "inside"}
"""Column that says whether a point lies in the band, by its probability in percent."""
HORIZONS = (("up to 8 weeks", 8.5), ("9 to 26 weeks", 26.5), ("27 to 60 weeks", 60.5), ("beyond 60 weeks", np.inf))
"""Name and end, in weeks."""
KINDS = ("quotes outside", "quotes in China", "price paid", "exports", "lead times", "counts of policy", "the rest")
GOAL, GOAL_OF_GROUP, ENOUGH = 0.05, 0.10, 12
"""How far coverage may lie off, over all points and in a group, and the points from which on a group is judged."""
CONFIDENCE = 0.9
"""Of the intervals of a coverage."""
RESAMPLES = 10_000


class Coverage(NamedTuple):
    """How the bands hold the observed numbers of a group."""

    group: str
    points: int
    inside: dict[int, int]
    """Points within the band, by its probability in percent."""
    below: int
    """Points below the 90 % band: the model said too much."""
    above: int
    """Points above it: the model said too little."""
    ratios: int
    """Points that are ratios, which have a width and a CRPS."""
    width: float
    """Median over the ratios of the 95 % quantile over the 5 % quantile; NaN without one."""
    crps: float
    """Mean over the ratios, in logs."""

    def share(self, percent: int) -> float:
        """Coverage of a band."""
        return self.inside[percent] / self.points if self.points else float("nan")

    def missed(self, allowed: float = GOAL_OF_GROUP) -> list[int]:
        """Bands, in percent, whose coverage lies further off than allowed."""
        off = {percent: abs(self.share(percent) - percent / 100) for percent in self.inside}
        return [percent for percent, distance in off.items() if distance > allowed + 1e-9]


def observed_rows(rows: Sequence[Record]) -> list[Record]:
    """The rows that count: observed numbers, without bounds and without losses of other models."""
    return [r for r in rows if r["inside"]]


def measure_coverage(group: str, rows: Sequence[Record]) -> Coverage:
    """The coverage of the observed rows of a group."""
    rows = observed_rows(rows)
    out = [r for r in rows if r["inside"] == "0"]
    above = sum(float(r["observed"]) > float(r["median"]) for r in out)
    ratios = [r for r in rows if r["crps"]]
    widths = [float(r["q95"]) / float(r["q05"]) for r in ratios if float(r["q05"]) > 0]
    return Coverage(
        group=group,
        points=len(rows),
        inside={percent: sum(r[flag] == "1" for r in rows) for percent, flag in FLAGS.items()},
        below=len(out) - above,
        above=above,
        ratios=len(ratios),
        width=float(np.median(widths)) if widths else float("nan"),
        crps=float(np.mean([float(r["crps"]) for r in ratios])) if ratios else float("nan"),
    )


def by_horizon(rows: Sequence[Record]) -> list[Coverage]:
    """By weeks from the first week of the scenario to the middle of what was observed; moments have none."""
    dated = [(float(r["horizon_weeks"]), r) for r in observed_rows(rows) if r["horizon_weeks"]]
    begins = (-np.inf, *(end for _, end in HORIZONS))
    return [
        measure_coverage(name, [r for weeks, r in dated if begin < weeks <= end])
        for (name, end), begin in zip(HORIZONS, begins, strict=False)
    ]


def by_kind(rows: Sequence[Record]) -> list[Coverage]:
    """By what was observed."""
    return [measure_coverage(kind, [r for r in rows if r["kind"] == kind]) for kind in KINDS]


def interval(k: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact (Clopper-Pearson) interval of a probability of which k of n trials came true; (0, 1) without any."""
    if not n:
        return 0.0, 1.0
    ends = stats.binomtest(k, n).proportion_ci(confidence_level=confidence, method="exact")
    return float(ends.low), float(ends.high)


def resampled(rows: Sequence[Record], percent: int, seed: int = 1) -> tuple[float, float]:
    """The central `CONFIDENCE` interval of coverage when episodes are drawn again, with replacement."""
    rows = observed_rows(rows)
    names = sorted({r["episode"] for r in rows})
    if not names:
        return float("nan"), float("nan")
    counts = np.array([sum(r[FLAGS[percent]] == "1" for r in rows if r["episode"] == n) for n in names])
    points = np.array([sum(r["episode"] == n for r in rows) for n in names])
    chosen = np.random.default_rng(seed).integers(0, len(names), (RESAMPLES, len(names)))
    shares = counts[chosen].sum(1) / points[chosen].sum(1)
    low, high = np.quantile(shares, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return float(low), float(high)


def pit_values(rows: Sequence[Record]) -> list[float]:
    """The PIT of the observed rows."""
    return [float(r["pit"]) for r in observed_rows(rows)]


def observed_counts(rows: Sequence[Record]) -> PathCounts:
    """The counts of what was observed, as those of one path."""
    every = measure_coverage("all", rows)
    bins = np.minimum((np.array(pit_values(rows)) * BINS).astype(int), BINS - 1)
    counts = (list(every.inside.values()), (every.below, every.above), np.bincount(bins, minlength=BINS))
    return PathCounts(*(np.array(each)[:, None] for each in counts))
