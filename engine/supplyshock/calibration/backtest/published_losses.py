"""Losses of stops against what other models published: magnitude within a factor of three, and order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from .observation_operators import PUBLISHED
from .score_tables import Record

FACTOR = 3.0
"""The aim: within this factor of a published loss, either way."""


class PublishedLoss(NamedTuple):
    """A stop: simulated and published lost output, bn USD."""

    scenario: str
    mean: float
    low: float
    """5 % quantile over paths."""
    high: float
    published: float | None
    """None if only a lower bound follows from what was published."""
    at_least: float | None
    source: str

    @property
    def ratio(self) -> float:
        """Simulated mean over the published number, or over the bound."""
        return self.mean / (self.published or self.at_least or float("nan"))

    @property
    def met(self) -> bool:
        """Within a factor of three of the number, or above the bound."""
        return 1 / FACTOR <= self.ratio <= FACTOR if self.published else self.ratio >= 1


def published_losses(rows: Sequence[Record]) -> list[PublishedLoss]:
    """The stops among the rows, the largest published loss first, bounds last."""
    stops = [_stop(r) for r in rows if r["kind"] == PUBLISHED]
    return sorted(stops, key=lambda stop: -(stop.published or 0.0))


def _stop(r: Record) -> PublishedLoss:
    value, low = r["observed"], r["band_low"]
    return PublishedLoss(
        scenario=r["scenario"],
        mean=float(r["mean"]),
        low=float(r["q05"]),
        high=float(r["q95"]),
        published=float(value) if value else None,
        at_least=float(low) if low and not value else None,
        source=f"{r['source']} [{r['mark']}]",
    )


def pairs_in_order(stops: Sequence[PublishedLoss]) -> tuple[int, int]:
    """Pairs of published losses that the simulated means put in the same order, and all pairs."""
    known = [(stop.published, stop.mean) for stop in stops if stop.published]
    pairs = [(a, b) for a, b in combinations(known, 2) if a[0] != b[0]]
    return sum((a[0] > b[0]) == (a[1] > b[1]) for a, b in pairs), len(pairs)
