"""/pairs: the differences of a scenario from the first one of the run, on the same path."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np

from supplyshock_kernels.outputs import FIXED_POINT, PATHS
from supplyshock_kernels.params import Array
from supplyshock_kernels.statistics import mean_se

from ..common.safe_text import load_json
from ..store.partition import Unit
from ..store.variables import compared_outcomes
from ..store.writer import Writer

SUMMABLE = 2.0**56
"""Exact sums take numbers below this magnitude."""


@dataclass
class Sums:
    """Exact sums of differences over `count` paths, per outcome: integers in units of 1 / FIXED_POINT."""

    count: int = 0
    total: dict[str, Array] = field(default_factory=dict)
    square: dict[str, Array] = field(default_factory=dict)
    missing: dict[str, Array] = field(default_factory=dict)
    """Differences whose squares are not below `SUMMABLE`: an outcome with any has no mean."""

    def update(self, name: str, difference: Array) -> None:
        """Adds the differences (paths, ...) of one outcome."""
        fits = difference * difference < SUMMABLE
        self.total[name] = self.total.get(name, 0) + exact_sum(np.where(fits, difference, 0.0))
        self.square[name] = self.square.get(name, 0) + exact_sum(difference * difference)
        self.missing[name] = self.missing.get(name, 0) + (~fits).sum(0)

    def merge(self, other: Sums) -> None:
        """Adds other sums; the order does not matter."""
        self.count += other.count
        for table in ("total", "square", "missing"):
            mine = getattr(self, table)
            for name, value in getattr(other, table).items():
                mine[name] = mine.get(name, 0) + value

    def mean_se(self, name: str) -> tuple[Array, Array]:
        """Mean difference of an outcome and its standard error; NaN if a difference is missing."""
        mean, se = mean_se(self.count, self.total[name], self.square[name])
        gone = self.missing[name] > 0
        return np.where(gone, np.nan, mean), np.where(gone, np.nan, se)


def exact_sum(x: Array) -> Array:
    """Sum over the first axis of ``round(x * FIXED_POINT)``, as Python's integers: exact in any order.

    `x` is float64 and at most 2**18 long; what is not finite, or not below `SUMMABLE`, counts as 0.
    """
    fixed = np.rint(np.where(np.abs(x) < SUMMABLE, x, 0.0) * FIXED_POINT)
    high = np.floor(fixed * 2.0**-32)
    low = fixed - high * 2.0**32
    high, low = (np.asarray(part.astype(np.int64).sum(0), object) for part in (high, low))
    return np.asarray(high * 2**32 + low, object)


def pack_sums(sums: Sums) -> bytes:
    """Sums as bytes: JSON, whose integers have no bound."""
    tables = {
        table: {name: np.asarray(value).tolist() for name, value in sorted(getattr(sums, table).items())}
        for table in ("total", "square", "missing")
    }
    return json.dumps({"count": sums.count, **tables}).encode()


def unpack_sums(data: bytes) -> Sums:
    """The sums that `pack_sums` made bytes of. Raises `ValueError` or `KeyError` for anything else."""
    raw = load_json(data)
    whole = {t: {n: np.asarray(v, object) for n, v in raw[t].items()} for t in ("total", "square")}
    missing = {n: np.asarray(v, np.int64) for n, v in raw["missing"].items()}
    return Sums(int(raw["count"]), **whole, missing=missing)


def write_means(writer: Writer, scenario: int, sums: Sums) -> None:
    """Writes the means of all differences and their errors; the same sums give the same bytes. Raises `OSError`."""
    for outcome in compared_outcomes():
        for ending, value in zip(("mean", "se"), sums.mean_se(outcome.name), strict=True):
            writer.write(f"pairs/{outcome.name}_{ending}", scenario - 1, value)


def pair_block(writer: Writer, unit: Unit) -> Sums:
    """Writes the differences of one block from /outcomes and returns their sums. Raises `OSError`."""
    sums = Sums(count=unit.stop - unit.start)
    for row in compared_outcomes():
        base, other = (
            writer.read_paths(f"outcomes/{row.name}", s, unit).astype(np.float64) for s in (0, unit.scenario)
        )
        with np.errstate(invalid="ignore"):  # what is infinite in both has no difference
            difference = other - base
        sums.update(row.name, difference)
        if row.paired == PATHS:
            if row.paired_over:
                difference = difference.sum(1 + row.axes.index(row.paired_over))
            writer.write_paths(f"pairs/{row.name}", unit.scenario - 1, unit.start, difference.astype(np.float32))
    return sums
