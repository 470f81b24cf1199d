"""Which points of a sweep are drawn, and as what: a curve, a map, or rows of dots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_uppercase as LETTERS
from typing import NamedTuple

import numpy as np
import xarray as xr

from .sweep_findings import value_text

LEVELS, ROWS, NAMED = 8, 16, 6
"""Values along a side of a map, rows of dots, and factors that the name of a row has, at most."""


class Layout(NamedTuple):
    """What is drawn."""

    kind: str
    """curve, map or dots."""
    factors: list[int]
    """Those that vary."""
    points: list[int]
    """In the order in which they are drawn."""
    left_out: str
    """What the picture does not have; empty where it has all."""


def layout_of(results: xr.Dataset) -> Layout:
    """A curve over one factor, a map over a grid of two, dots for anything else."""
    values = results["value"].transpose("point", "factor").values
    varied = [f for f in range(values.shape[1]) if len(np.unique(values[:, f])) > 1]
    levels = [np.unique(values[:, f]) for f in varied]
    if len(varied) == 1:
        return Layout("curve", varied, np.argsort(values[:, varied[0]], kind="stable").tolist(), "")
    if len(varied) == 2 and len(values) == len(levels[0]) * len(levels[1]) == len(np.unique(values, axis=0)):
        return _map(values, varied, levels)
    return _dots(results, varied or list(range(values.shape[1])))


def with_base(results: xr.Dataset) -> xr.Dataset:
    """The results with the config as it is among the points, where it lies on the curve of one factor."""
    values = results["value"].transpose("point", "factor").values
    own = results["base_value"].values
    alike = np.isclose(values, own)
    varied = [f for f in range(len(own)) if len(np.unique(values[:, f])) > 1]
    others = np.delete(np.arange(len(own)), varied)
    if len(varied) != 1 or not np.isfinite(own).all() or not alike[:, others].all() or has_base(results):
        return results
    base = results[["base", "base_se"]].rename(base="mean", base_se="se")
    base = base.assign(difference=0 * base["mean"], difference_se=0 * base["mean"], value=("factor", own))
    of_points = [name for name in results.data_vars if "point" in results[name].dims]
    points = results[of_points].drop_vars("point", errors="ignore")
    joined = xr.concat([points, base.expand_dims("point")], "point")
    return results.drop_vars([*of_points, "point"], errors="ignore").merge(joined)


def has_base(results: xr.Dataset) -> bool:
    """Whether the config as it is is one of the points."""
    values = results["value"].transpose("point", "factor").values
    return bool(np.isclose(values, results["base_value"].values).all(1).any())


def _map(values: np.ndarray, varied: list[int], levels: list[np.ndarray]) -> Layout:
    kept = [x[np.unique(np.linspace(0, len(x) - 1, LEVELS).round().astype(int))] for x in levels]
    order = np.lexsort((values[:, varied[0]], values[:, varied[1]]))
    inside = np.all([np.isin(values[:, f], k) for f, k in zip(varied, kept, strict=True)], axis=0)
    points = [int(p) for p in order if inside[p]]
    left_out = f"Drawn: {len(points)} of {len(values)} points." if len(points) < len(values) else ""
    return Layout("map", varied, points, left_out)


def _dots(results: xr.Dataset, factors: list[int]) -> Layout:
    count = results.sizes["point"]
    if count <= ROWS:
        return Layout("dots", factors, list(range(count)), "")
    mean = results["mean"].isel(outcome=0).values
    order = [p for p in np.argsort(mean, kind="stable").tolist() if np.isfinite(mean[p])] or list(range(count))
    half, name = ROWS // 2, results["outcome"].values[0]
    left_out = f"Drawn: the {half} points with the lowest and the {half} with the highest {name}, of {count:,}."
    return Layout("dots", factors, order[:half] + order[-half:], left_out)


def point_names(results: xr.Dataset, layout: Layout, points: list[int]) -> list[str]:
    """The values of the factors at every point: ``7 days``; ``7 days, 10 %``; of dots ``A 7 days, B 10 %, C 3``.

    With more than `NAMED` factors a point has its number.
    """
    if len(layout.factors) > NAMED:
        return [f"point {p}" for p in points]
    units = [str(u) for u in results["factor_unit"].values]
    values = results["value"].transpose("point", "factor").values
    count = 3 if layout.kind == "dots" else 4

    def name(point: int) -> str:
        texts = [value_text(values[point, f], units[f], count) for f in layout.factors]
        return ", ".join(map("\N{NO-BREAK SPACE}".join, lettered(texts)) if layout.kind == "dots" else texts)

    return [name(p) for p in points]


def lettered(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Letters with the texts of `NAMED` factors at most; a factor has the same letter wherever dots are drawn."""
    return zip(LETTERS[: len(texts)], texts, strict=True)
